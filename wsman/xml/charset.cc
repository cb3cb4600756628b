#include "wsman/xml/charset.h"

#include <cstdint>
#include <cstring>
#include <optional>

#include "schema/cim.h"

namespace wsman::xml {
namespace {

// What a charset name or a byte order mark says about the bytes.
enum class Hint { kUtf8, kUtf16, kUtf16Le, kUtf16Be, kUnknown };

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::string_view kLittleEndianMark = "\xFF\xFE";
constexpr std::string_view kBigEndianMark = "\xFE\xFF";

tl::unexpected<Fault> Refuse(std::string text) {
  return Fail(FaultCode::kCharacterSet, std::move(text));
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string_view Unquote(std::string_view text) {
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
      text.back() == text.front())
    return text.substr(1, text.size() - 2);
  return text;
}

// The charset parameter of a media type; empty when there is none.
std::string_view CharsetParameter(std::string_view content_type) {
  auto semicolon = content_type.find(';');
  while (semicolon != std::string_view::npos) {
    content_type.remove_prefix(semicolon + 1);
    semicolon = content_type.find(';');
    const std::string_view parameter = content_type.substr(0, semicolon);
    const auto equals = parameter.find('=');
    if (equals == std::string_view::npos) continue;
    if (schema::EqualsIgnoreCase(Trim(parameter.substr(0, equals)), "charset"))
      return Unquote(Trim(parameter.substr(equals + 1)));
  }
  return {};
}

Hint HintOfName(std::string_view name) {
  if (schema::EqualsIgnoreCase(name, "utf-8") || schema::EqualsIgnoreCase(name, "utf8"))
    return Hint::kUtf8;
  if (schema::EqualsIgnoreCase(name, "utf-16")) return Hint::kUtf16;
  if (schema::EqualsIgnoreCase(name, "utf-16le")) return Hint::kUtf16Le;
  if (schema::EqualsIgnoreCase(name, "utf-16be")) return Hint::kUtf16Be;
  return Hint::kUnknown;
}

struct Mark {
  Charset charset;
  std::size_t bytes;
};

std::optional<Mark> MarkOf(std::string_view bytes) {
  if (bytes.starts_with(kUtf8Mark)) return Mark{Charset::kUtf8, kUtf8Mark.size()};
  if (bytes.starts_with(kLittleEndianMark))
    return Mark{Charset::kUtf16Le, kLittleEndianMark.size()};
  if (bytes.starts_with(kBigEndianMark)) return Mark{Charset::kUtf16Be, kBigEndianMark.size()};
  return std::nullopt;
}

bool Agrees(Hint hint, Charset charset) {
  switch (hint) {
    case Hint::kUtf8:
      return charset == Charset::kUtf8;
    case Hint::kUtf16:
      return charset != Charset::kUtf8;
    case Hint::kUtf16Le:
      return charset == Charset::kUtf16Le;
    case Hint::kUtf16Be:
      return charset == Charset::kUtf16Be;
    case Hint::kUnknown:
      break;
  }
  return false;
}

// Text that says UTF-16 and has no byte order mark is little-endian, as Windows sends it.
Charset WithoutMark(Hint hint) {
  if (hint == Hint::kUtf16Be) return Charset::kUtf16Be;
  return hint == Hint::kUtf8 ? Charset::kUtf8 : Charset::kUtf16Le;
}

void AppendUtf8(std::string& out, char32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

char32_t UnitAt(std::string_view bytes, std::size_t offset, Charset charset) {
  const auto first = static_cast<unsigned char>(bytes[offset]);
  const auto second = static_cast<unsigned char>(bytes[offset + 1]);
  return charset == Charset::kUtf16Le ? first | second << 8U : first << 8U | second;
}

bool IsHighSurrogate(char32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool IsLowSurrogate(char32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

// Empty when the bytes are not UTF-16: an odd number of them, or half a surrogate pair.
std::optional<std::string> Utf16ToUtf8(std::string_view bytes, Charset charset) {
  if (bytes.size() % 2 != 0) return std::nullopt;
  std::string utf8;
  utf8.reserve(bytes.size() / 2 + bytes.size() / 8);
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    char32_t code = UnitAt(bytes, i, charset);
    if (IsLowSurrogate(code)) return std::nullopt;
    if (IsHighSurrogate(code)) {
      i += 2;
      if (i == bytes.size()) return std::nullopt;
      const char32_t low = UnitAt(bytes, i, charset);
      if (!IsLowSurrogate(low)) return std::nullopt;
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    AppendUtf8(utf8, code);
  }
  return utf8;
}

void AppendUnit(std::string& out, char32_t unit, Charset charset) {
  const char low = static_cast<char>(unit & 0xFF);
  const char high = static_cast<char>(unit >> 8);
  out += charset == Charset::kUtf16Le ? low : high;
  out += charset == Charset::kUtf16Le ? high : low;
}

// One character of valid UTF-8 at `text[offset]`; moves `offset` past it.
char32_t NextCharacter(std::string_view text, std::size_t& offset) {
  const auto byte = [text](std::size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(text[i]));
  };
  const char32_t lead = byte(offset++);
  if (lead < 0x80) return lead;
  const int more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  char32_t code = lead & (0x3FU >> more);
  for (int i = 0; i < more && offset < text.size(); ++i) code = code << 6 | (byte(offset++) & 0x3F);
  return code;
}

// The XML declaration of transcoded text still names the encoding it had. It
// must be the right one, and it is removed because it is not right any more.
Result<void> DropDeclaration(std::string& utf8) {
  if (!utf8.starts_with("<?xml ")) return {};
  const auto end = utf8.find("?>");
  if (end == std::string::npos) return {};
  const std::string_view declaration = std::string_view(utf8).substr(0, end);
  const auto encoding = declaration.find("encoding");
  if (encoding != std::string_view::npos) {
    const auto quote = declaration.find_first_of("'\"", encoding);
    if (quote == std::string_view::npos) return {};
    const auto close = declaration.find(declaration[quote], quote + 1);
    const Hint hint = HintOfName(
        declaration.substr(quote + 1, close == std::string_view::npos ? 0 : close - quote - 1));
    if (hint == Hint::kUtf8 || hint == Hint::kUnknown)
      return Refuse(
          "The envelope is UTF-16 but its XML declaration names another encoding; make them "
          "agree.");
  }
  utf8.erase(0, end + 2);
  return {};
}

// How many bytes at the start are in whole words without a byte above ASCII.
std::size_t AsciiWords(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080;
  std::size_t length = 0;
  for (std::uint64_t word = 0; text.size() - length >= sizeof word; length += sizeof word) {
    std::memcpy(&word, text.data() + length, sizeof word);
    if ((word & kHighBits) != 0) break;
  }
  return length;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::size_t i = 0;
  while (i < text.size()) {
    i += AsciiWords(text.substr(i));
    if (i == text.size()) break;
    const unsigned char lead = byte(i++);
    if (lead < 0x80) continue;
    if (lead < 0xC2 || lead > 0xF4) return false;
    const std::size_t more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    if (text.size() - i < more) return false;
    // The second byte carries what overlong forms, surrogates and the end of Unicode forbid.
    const unsigned char lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (byte(i) < lowest || byte(i) > highest) return false;
    for (std::size_t j = 1; j < more; ++j)
      if (byte(i + j) < 0x80 || byte(i + j) > 0xBF) return false;
    i += more;
  }
  return true;
}

Result<DecodedText> Decode(std::string bytes, std::string_view content_type) {
  const std::string_view name = CharsetParameter(content_type);
  const Hint declared = HintOfName(name);
  if (!name.empty() && declared == Hint::kUnknown)
    return Refuse("The charset of the Content-Type is not supported; send UTF-8 or UTF-16.");
  const std::optional<Mark> mark = MarkOf(bytes);
  if (mark && !name.empty() && !Agrees(declared, mark->charset))
    return Refuse(
        "The charset of the Content-Type and the byte order mark of the envelope disagree; make "
        "them agree.");
  const Charset charset = mark           ? mark->charset
                          : name.empty() ? Charset::kUtf8
                                         : WithoutMark(declared);
  if (mark) bytes.erase(0, mark->bytes);
  if (charset == Charset::kUtf8) {
    if (!IsUtf8(bytes)) return Refuse("The envelope is not valid UTF-8; check its encoding.");
    return DecodedText{std::move(bytes), charset};
  }
  std::optional<std::string> utf8 = Utf16ToUtf8(bytes, charset);
  if (!utf8) return Refuse("The envelope is not valid UTF-16; check its encoding.");
  if (const auto dropped = DropDeclaration(*utf8); !dropped)
    return tl::unexpected<Fault>(dropped.error());
  return DecodedText{std::move(*utf8), charset};
}

std::string Encode(std::string utf8, Charset charset) {
  if (charset == Charset::kUtf8) return utf8;
  std::string bytes(charset == Charset::kUtf16Le ? kLittleEndianMark : kBigEndianMark);
  bytes.reserve(2 + 2 * utf8.size());
  for (std::size_t i = 0; i < utf8.size();) {
    const char32_t code = NextCharacter(utf8, i);
    if (code < 0x10000) {
      AppendUnit(bytes, code, charset);
    } else {
      AppendUnit(bytes, 0xD800 + ((code - 0x10000) >> 10), charset);
      AppendUnit(bytes, 0xDC00 + ((code - 0x10000) & 0x3FF), charset);
    }
  }
  return bytes;
}

std::string_view ContentType(Charset charset) {
  return charset == Charset::kUtf8 ? "application/soap+xml;charset=UTF-8"
                                   : "application/soap+xml;charset=UTF-16";
}

}  // namespace wsman::xml
