// The texts of numbers, booleans, durations, URIs and encodings: what is read
// can be written, and reads the same again.
#include <cstdlib>

#include "fuzz/fuzz_one.h"
#include "schema/cim.h"
#include "wsman/auth/utf16.h"
#include "wsman/auth/utf8.h"
#include "wsman/duration.h"
#include "wsman/resource_uri.h"
#include "wsman/selectors.h"
#include "wsman/xml/character_data.h"
#include "wsman/xml/charset.h"

namespace {

void CheckScalars(std::string_view text) {
  using schema::Type;
  for (const Type type :
       {Type::kBoolean, Type::kUint8, Type::kUint16, Type::kUint32, Type::kUint64, Type::kString}) {
    const schema::ParsedText parsed = schema::ParseScalar(type, text);
    if (!parsed.value) continue;
    const schema::ParsedText again = schema::ParseScalar(type, schema::ToText(*parsed.value));
    if (!again.value || *again.value != *parsed.value) std::abort();
  }
}

void CheckDuration(std::string_view text) {
  const auto duration = wsman::ParseDuration(text);
  if (!duration) return;
  if (duration->count() < 0 || *duration > std::chrono::hours(24 * 365 * 100)) std::abort();
  if (wsman::ParseDuration(wsman::FormatDuration(*duration)) != duration) std::abort();
}

void CheckEncodings(std::string_view text) {
  if (wsman::auth::IsUtf8(text) != wsman::xml::IsUtf8(text)) std::abort();
  const auto utf16 = wsman::auth::Utf8ToUtf16Le(text);
  if (utf16.has_value() != wsman::auth::IsUtf8(text)) std::abort();
  if (utf16 && wsman::auth::Utf16LeToUtf8(*utf16) != text) std::abort();
  if (const auto utf8 = wsman::auth::Utf16LeToUtf8(text)) {
    if (wsman::auth::Utf8ToUtf16Le(*utf8) != text) std::abort();
    wsman::auth::UpperUtf16Le(text);
  }
  if (!wsman::auth::IsUtf8(wsman::auth::Latin1ToUtf8(text))) std::abort();
}

// Any charset that a client may name or show by a mark.
void CheckCharsets(std::string_view text) {
  for (const char* type : {"application/soap+xml", "application/soap+xml;charset=UTF-16",
                           "text/xml; charset=\"utf-8\""}) {
    const auto decoded = wsman::xml::Decode(std::string(text), type);
    if (!decoded) continue;
    if (!wsman::xml::IsUtf8(decoded->utf8)) std::abort();
    // A second mark is text, but would be the first one of the written bytes.
    if (decoded->utf8.starts_with("\xEF\xBB\xBF")) continue;
    const std::string again = wsman::xml::Encode(decoded->utf8, decoded->charset);
    const auto same = wsman::xml::Decode(again, wsman::xml::ContentType(decoded->charset));
    if (same && same->utf8 != decoded->utf8) std::abort();
  }
  wsman::xml::Decode("<a/>", text);
}

}  // namespace

void FuzzOne(std::span<const std::uint8_t> input) {
  const std::string_view text = AsText(input);
  CheckScalars(text);
  CheckDuration(text);
  CheckEncodings(text);
  CheckCharsets(text);
  if (const auto uri = wsman::ParseResourceUri(text)) {
    const auto same = wsman::ParseResourceUri(wsman::UriOfClass(*uri, uri->class_name));
    if (!same || same->class_name != uri->class_name || same->name_space != uri->name_space) {
      std::abort();
    }
  }
  std::string escaped;
  wsman::xml::AppendEscaped(escaped, text);
  if (escaped.find_first_of("<>\"") != std::string::npos || !wsman::xml::IsUtf8(escaped)) {
    std::abort();
  }
}
