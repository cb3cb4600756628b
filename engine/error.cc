#include "engine/error.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "engine/error_table.h"

namespace engine {
namespace {

constexpr std::uint32_t kHttpBase = static_cast<std::uint32_t>(HResult::kHttpErrorBase);
constexpr std::uint32_t kFirstStatus = 100;
constexpr std::uint32_t kLastStatus = 999;

struct ContextRow {
  std::string_view name;
  std::string_view text;
};

// In the order of the numbers.
constexpr auto kContexts = std::to_array<ContextRow>({
    {"BG_ERROR_CONTEXT_NONE", "No error has occurred."},
    {"BG_ERROR_CONTEXT_UNKNOWN", "The error occurred in an unknown place."},
    {"BG_ERROR_CONTEXT_GENERAL_QUEUE_MANAGER",
     "The error occurred while the queue of jobs was managed."},
    {"BG_ERROR_CONTEXT_QUEUE_MANAGER_NOTIFICATION",
     "The error occurred while a notification about the job was delivered."},
    {"BG_ERROR_CONTEXT_LOCAL_FILE", "The error occurred while the local file was processed."},
    {"BG_ERROR_CONTEXT_REMOTE_FILE", "The error occurred while the remote file was processed."},
    {"BG_ERROR_CONTEXT_GENERAL_TRANSPORT", "The error occurred on the way to the server."},
    {"BG_ERROR_CONTEXT_REMOTE_APPLICATION", "The error occurred in the application on the server."},
    {"BG_ERROR_CONTEXT_SERVER_CERTIFICATE_CALLBACK",
     "The error occurred while the certificate of the server was checked by a callback."},
});
static_assert(kContexts.size() ==
              static_cast<std::size_t>(ErrorContext::kServerCertificateCallback) + 1);

const ContextRow& RowOf(ErrorContext context) {
  const auto index = static_cast<std::size_t>(context);
  return kContexts[index < kContexts.size() ? index
                                            : static_cast<std::size_t>(ErrorContext::kUnknown)];
}

const CodeRow* FindCode(HResult code) {
  const auto rows = CodeTable();
  const auto number = static_cast<std::uint32_t>(code);
  const auto row = std::ranges::lower_bound(rows, number, {}, &CodeRow::code);
  return row != rows.end() && row->code == number ? &*row : nullptr;
}

std::optional<int> StatusOf(HResult code) {
  const auto status = static_cast<std::uint32_t>(code) - kHttpBase;
  if (status < kFirstStatus || status > kLastStatus) return std::nullopt;
  return static_cast<int>(status);
}

std::string StatusText(int status) {
  const auto rows = StatusTable();
  const auto row = std::ranges::lower_bound(rows, status, {}, &StatusRow::status);
  if (row == rows.end() || row->status != status) {
    return fmt::format("The server answered with the HTTP status {}.", status);
  }
  return fmt::format("{} ({}).", row->phrase, status);
}

constexpr std::string_view kMarkdownHead =
    "# Error codes\n\n"
    "Printed from the tables of the program; a test compares. Codes of the form 0x8019nnnn stand\n"
    "for an HTTP status: 0x80190000 plus the status (404 is 0x80190194).\n";

}  // namespace

std::string NameOf(HResult code) {
  if (const CodeRow* row = FindCode(code)) return std::string(row->name);
  if (const auto status = StatusOf(code)) return fmt::format("BG_E_HTTP_ERROR_{}", *status);
  return fmt::format("HRESULT 0x{:08X}", static_cast<std::uint32_t>(code));
}

std::string TextOf(HResult code) {
  if (const CodeRow* row = FindCode(code)) return std::string(row->text);
  if (const auto status = StatusOf(code)) return StatusText(*status);
  return fmt::format("An error with the code 0x{:08X} occurred.", static_cast<std::uint32_t>(code));
}

std::string_view NameOf(ErrorContext context) { return RowOf(context).name; }

std::string_view TextOf(ErrorContext context) { return RowOf(context).text; }

std::string ErrorCodesMarkdown() {
  std::string text(kMarkdownHead);
  text += "\n## Codes\n\n| code | name | text |\n|--|--|--|\n";
  for (const CodeRow& row : CodeTable()) {
    text += fmt::format("| 0x{:08X} | {} | {} |\n", row.code, row.name, row.text);
  }
  text += "\n## HTTP statuses\n\n| code | name | text |\n|--|--|--|\n";
  for (const StatusRow& row : StatusTable()) {
    const HResult code = HttpError(row.status);
    text += fmt::format("| 0x{:08X} | {} | {} |\n", static_cast<std::uint32_t>(code), NameOf(code),
                        TextOf(code));
  }
  text += "\n## Contexts\n\n| context | name | text |\n|--|--|--|\n";
  for (std::size_t i = 0; i < kContexts.size(); ++i) {
    text += fmt::format("| {} | {} | {} |\n", i, kContexts[i].name, kContexts[i].text);
  }
  return text;
}

}  // namespace engine
