#include "wsman/xml/character_data.h"

#include <array>
#include <charconv>

#include "wsman/xml/charset.h"

namespace wsman::xml {
namespace {

constexpr std::string_view kReference = "&#";
constexpr std::string_view kCdata = "<![CDATA[";
constexpr std::string_view kComment = "<!--";

void AppendUtf8(std::string& out, unsigned code) {
  if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
  } else {
    if (code < 0x10000) {
      out += static_cast<char>(0xE0 | (code >> 12));
    } else {
      out += static_cast<char>(0xF0 | (code >> 18));
      out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    }
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
  }
  out += static_cast<char>(0x80 | (code & 0x3F));
}

// ASCII stays a reference: it may be markup or a line end that is meant.
void AppendCharacter(std::string& out, unsigned code) {
  if (code >= 0x80) return AppendUtf8(out, code);
  out += kReference;
  out += std::to_string(code);
  out += ';';
}

// `rest` starts with "&#". Returns how much of it was a reference.
std::size_t CopyReference(std::string& out, std::string_view rest) {
  const auto end = rest.find(';');
  if (end == std::string_view::npos) {
    out += kReference;
    return kReference.size();
  }
  const bool hex = rest[2] == 'x';
  const std::string_view digits = rest.substr(hex ? 3 : 2, end - (hex ? 3 : 2));
  unsigned code = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
  AppendCharacter(out, code);
  return end + 1;
}

// Copies a CDATA section or comment, in which "&#" means itself.
std::size_t CopyUntil(std::string& out, std::string_view rest, std::string_view end) {
  const auto found = rest.find(end);
  const std::size_t length = found == std::string_view::npos ? rest.size() : found + end.size();
  out += rest.substr(0, length);
  return length;
}

std::string WithShortReferences(std::string_view document) {
  std::string out;
  out.reserve(document.size());
  std::size_t i = 0;
  while (i < document.size()) {
    const std::string_view rest = document.substr(i);
    if (rest.starts_with(kReference)) {
      i += CopyReference(out, rest);
    } else if (rest.starts_with(kCdata)) {
      i += CopyUntil(out, rest, "]]>");
    } else if (rest.starts_with(kComment)) {
      i += CopyUntil(out, rest, "-->");
    } else {
      const std::size_t next = document.find_first_of("&<", i + 1);
      const std::size_t end = next == std::string_view::npos ? document.size() : next;
      out += document.substr(i, end - i);
      i = end;
    }
  }
  return out;
}

std::string WithLineFeeds(std::string_view document) {
  std::string out;
  out.reserve(document.size());
  for (std::size_t i = 0; i < document.size(); ++i) {
    if (document[i] != '\r') {
      out += document[i];
    } else if (i + 1 == document.size() || document[i + 1] != '\n') {
      out += '\n';
    }
  }
  return out;
}

// How each byte is written. Bytes from 0x80 on are looked at as UTF-8.
enum class Form : unsigned char { kPlain, kEscaped, kForbidden, kMultibyte };

constexpr std::array<Form, 256> MakeForms() {
  std::array<Form, 256> forms{};
  for (std::size_t i = 0; i < 0x20; ++i) forms[i] = Form::kForbidden;
  for (std::size_t i = 0x80; i < 0x100; ++i) forms[i] = Form::kMultibyte;
  forms['\t'] = forms['\n'] = Form::kPlain;
  for (const char c : {'&', '<', '>', '"', '\r'})
    forms[static_cast<unsigned char>(c)] = Form::kEscaped;
  return forms;
}

constexpr auto kForms = MakeForms();

std::string_view Escape(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    default:
      return "&#13;";
  }
}

// Copies one character that starts with a byte from 0x80 on, or '?' for it.
std::size_t CopyMultibyte(std::string& out, std::string_view rest) {
  const auto lead = static_cast<unsigned char>(rest[0]);
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  const std::string_view character = rest.substr(0, length);
  if (!IsUtf8(character)) {
    out += '?';
    return 1;
  }
  const bool forbidden = character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF";
  out += forbidden ? std::string_view("?") : character;
  return character.size();
}

}  // namespace

bool NeedsNormalising(std::string_view document) {
  return document.find(kReference) != std::string_view::npos ||
         document.find('\r') != std::string_view::npos;
}

std::string NormaliseCharacterData(std::string_view document) {
  // Line ends first: a CR that a reference stands for is meant and stays.
  if (document.find('\r') == std::string_view::npos) return WithShortReferences(document);
  return WithShortReferences(WithLineFeeds(document));
}

void AppendEscaped(std::string& out, std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t start = i;
    while (i < text.size() && kForms[static_cast<unsigned char>(text[i])] == Form::kPlain) ++i;
    out.append(text, start, i - start);
    if (i == text.size()) return;
    switch (kForms[static_cast<unsigned char>(text[i])]) {
      case Form::kEscaped:
        out += Escape(text[i++]);
        break;
      case Form::kMultibyte:
        i += CopyMultibyte(out, text.substr(i));
        break;
      case Form::kForbidden:
      case Form::kPlain:
        out += '?';
        ++i;
        break;
    }
  }
}

}  // namespace wsman::xml
