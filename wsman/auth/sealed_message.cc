#include "wsman/auth/sealed_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "schema/cim.h"

namespace wsman::auth {
namespace {

constexpr std::string_view kBoundary = "Encrypted Boundary";
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kOriginalContent = "OriginalContent";
constexpr std::size_t kSignatureLengthBytes = 4;

template <typename T>
using Expected = tl::expected<T, std::string>;

tl::unexpected<std::string> Mistake(std::string_view text) {
  return tl::unexpected(fmt::format("the sealed message cannot be read: {}", text));
}

std::string_view NameOf(SealProtocol protocol) {
  return protocol == SealProtocol::kSpnego ? "application/HTTP-SPNEGO-session-encrypted"
                                           : "application/HTTP-Kerberos-session-encrypted";
}

std::optional<SealProtocol> ProtocolOf(std::string_view name) {
  for (const SealProtocol protocol : {SealProtocol::kSpnego, SealProtocol::kKerberos}) {
    if (schema::EqualsIgnoreCase(name, NameOf(protocol))) return protocol;
  }
  return std::nullopt;
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// Takes what is before the separator, or all of the rest.
std::string_view TakeUntil(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return taken;
}

struct Parameter {
  std::string_view name;
  std::string_view value;  // without quotes
};

// "name = value" in any spacing, the value in quotes or not. None of the values
// that matter here contains a quote, an equals sign or a semicolon.
Parameter TakeParameter(std::string_view& text) {
  std::string_view parameter = TakeUntil(text, ';');
  const std::string_view name = Trim(TakeUntil(parameter, '='));
  std::string_view value = Trim(parameter);
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  return {.name = name, .value = value};
}

Expected<SealProtocol> ParseContentType(std::string_view content_type) {
  const std::string_view type = Trim(TakeUntil(content_type, ';'));
  if (!schema::EqualsIgnoreCase(type, "multipart/encrypted")) {
    return Mistake("its Content-Type is not multipart/encrypted");
  }
  std::optional<SealProtocol> protocol;
  std::optional<std::string_view> boundary;
  while (!content_type.empty()) {
    const Parameter parameter = TakeParameter(content_type);
    if (schema::EqualsIgnoreCase(parameter.name, "protocol")) {
      if (protocol) return Mistake("its Content-Type names two protocols");
      protocol = ProtocolOf(parameter.value);
      if (!protocol) return Mistake("its protocol is neither HTTP-SPNEGO nor HTTP-Kerberos");
    } else if (schema::EqualsIgnoreCase(parameter.name, "boundary")) {
      if (boundary) return Mistake("its Content-Type names two boundaries");
      boundary = Trim(parameter.value);
    }
  }
  if (!protocol) return Mistake("its Content-Type names no protocol");
  if (!boundary || !schema::EqualsIgnoreCase(*boundary, kBoundary)) {
    return Mistake("the boundary in its Content-Type is not \"Encrypted Boundary\"");
  }
  return *protocol;
}

// Takes the line at the front, without its end and the blanks around it.
std::optional<std::string_view> TakeLine(std::string_view& text) {
  const std::size_t end = text.find(kLineEnd);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + kLineEnd.size());
  return Trim(line);
}

// "--Encrypted Boundary", where a space may follow the dashes.
bool IsBoundary(std::string_view line) {
  if (!line.starts_with("--")) return false;
  line.remove_prefix(2);
  if (line.starts_with(' ')) line.remove_prefix(1);
  return schema::EqualsIgnoreCase(line, kBoundary);
}

// What OriginalContent says.
struct Original {
  std::string content_type;
  std::size_t length = 0;
};

// "type=application/soap+xml;charset=UTF-8;Length=1234".
Expected<Original> ParseOriginal(std::string_view value) {
  std::optional<std::string_view> type, charset, length;
  while (!value.empty()) {
    const Parameter parameter = TakeParameter(value);
    for (const auto& [name, slot] :
         {std::pair("type", &type), std::pair("charset", &charset), std::pair("length", &length)}) {
      if (!schema::EqualsIgnoreCase(parameter.name, name)) continue;
      if (*slot) return Mistake("its OriginalContent says something twice");
      *slot = parameter.value;
    }
  }
  if (!type || type->empty() || !length) {
    return Mistake("its OriginalContent lacks the type or the Length");
  }
  Original original{.content_type = std::string(*type), .length = 0};
  if (charset) original.content_type.append(";charset=").append(*charset);
  const char* const end = length->data() + length->size();
  const auto parsed = std::from_chars(length->data(), end, original.length);
  if (parsed.ec != std::errc() || parsed.ptr != end) {
    return Mistake("the Length in its OriginalContent is not a number");
  }
  return original;
}

// Takes the first part: both of its headers, in either order, and the boundary
// behind them.
Expected<Original> TakeFirstPart(std::string_view& body, SealProtocol protocol) {
  bool typed = false;
  std::optional<Original> original;
  auto line = TakeLine(body);
  for (; line && !IsBoundary(*line); line = TakeLine(body)) {
    std::string_view value = *line;
    const std::string_view name = Trim(TakeUntil(value, ':'));
    value = Trim(value);
    if (schema::EqualsIgnoreCase(name, "Content-Type") && !typed) {
      if (ProtocolOf(value) != protocol) {
        return Mistake("its first part is of another protocol than its Content-Type");
      }
      typed = true;
    } else if (schema::EqualsIgnoreCase(name, kOriginalContent) && !original) {
      auto parsed = ParseOriginal(value);
      if (!parsed) return parsed;
      original = *std::move(parsed);
    } else {
      return Mistake("its first part has a header that does not belong there");
    }
  }
  if (!line) return Mistake("its second boundary is missing");
  if (!typed || !original) {
    return Mistake("its first part lacks Content-Type or OriginalContent");
  }
  return *std::move(original);
}

// Takes the second part's header.
Expected<void> TakeSecondHeader(std::string_view& body) {
  std::string_view value = TakeLine(body).value_or(std::string_view());
  const std::string_view name = Trim(TakeUntil(value, ':'));
  if (!schema::EqualsIgnoreCase(name, "Content-Type") ||
      !schema::EqualsIgnoreCase(Trim(value), "application/octet-stream")) {
    return Mistake("its second part is not application/octet-stream");
  }
  return {};
}

// What is left without the closing boundary, which at most two line ends follow.
std::optional<std::string_view> WithoutEnd(std::string_view body) {
  for (int i = 0; i < 2 && body.ends_with(kLineEnd); ++i) body.remove_suffix(kLineEnd.size());
  constexpr std::size_t kSize = 2 + kBoundary.size() + 2;
  for (const std::size_t size : {kSize, kSize + 1}) {
    if (body.size() < size || !body.ends_with("--")) continue;
    const std::size_t start = body.size() - size;
    if (IsBoundary(body.substr(start, size - 2))) return body.substr(0, start);
  }
  return std::nullopt;
}

// The bytes of the signature at the front of `data`, behind its length.
Expected<std::size_t> SignatureSize(std::string_view data) {
  if (data.size() < kSignatureLengthBytes) return Mistake("it has no signature");
  std::uint32_t size = 0;
  for (std::size_t i = kSignatureLengthBytes; i-- > 0;) {
    size = size << 8 | static_cast<std::uint8_t>(data[i]);
  }
  if (size < kMinSealSignature || size > kMaxSealSignature ||
      size > data.size() - kSignatureLengthBytes) {
    return Mistake("its signature is not of 4 to 1024 bytes");
  }
  return size;
}

}  // namespace

bool IsSealedType(std::string_view content_type) {
  const std::string_view type = Trim(TakeUntil(content_type, ';'));
  return schema::EqualsIgnoreCase(type, "multipart/encrypted") ||
         schema::EqualsIgnoreCase(type, "multipart/x-multi-encrypted");
}

std::string SealedContentType(SealProtocol protocol) {
  return fmt::format("multipart/encrypted;protocol=\"{}\";boundary=\"{}\"", NameOf(protocol),
                     kBoundary);
}

std::string WriteSealed(SealProtocol protocol, std::string_view content_type, std::size_t text_size,
                        std::string_view signature, std::string_view ciphertext) {
  std::string body = fmt::format(
      "--{0}\r\n\tContent-Type: {1}\r\n\tOriginalContent: type={2};Length={3}\r\n--{0}\r\n"
      "\tContent-Type: application/octet-stream\r\n",
      kBoundary, NameOf(protocol), content_type, text_size);
  for (unsigned i = 0; i < kSignatureLengthBytes; ++i) {
    body.push_back(static_cast<char>(signature.size() >> (8 * i) & 0xFF));
  }
  return body.append(signature).append(ciphertext).append(fmt::format("--{}--\r\n", kBoundary));
}

Expected<SealedMessage> ParseSealed(std::string_view content_type, std::string_view body) {
  const Expected<SealProtocol> protocol = ParseContentType(content_type);
  if (!protocol) return tl::unexpected(protocol.error());
  std::string_view rest = body;
  if (!IsBoundary(TakeLine(rest).value_or(std::string_view()))) {
    return Mistake("it does not begin with its boundary");
  }
  Expected<Original> original = TakeFirstPart(rest, *protocol);
  if (!original) return tl::unexpected(original.error());
  if (auto header = TakeSecondHeader(rest); !header) return tl::unexpected(header.error());
  const std::optional<std::string_view> data = WithoutEnd(rest);
  if (!data) return Mistake("it does not end with its boundary");
  const Expected<std::size_t> signature = SignatureSize(*data);
  if (!signature) return tl::unexpected(signature.error());

  const std::string_view sealed = data->substr(kSignatureLengthBytes);
  const std::string_view ciphertext = sealed.substr(*signature);
  if (original->length > ciphertext.size() ||
      ciphertext.size() - original->length > kMaxSealPadding) {
    return Mistake("the Length in its OriginalContent does not fit its data");
  }
  if (body.size() - ciphertext.size() > kMaxSealOverhead) {
    return Mistake("its headers are larger than 4096 bytes");
  }
  return SealedMessage{.protocol = *protocol,
                       .content_type = std::move(original->content_type),
                       .declared_length = original->length,
                       .signature = sealed.substr(0, *signature),
                       .ciphertext = ciphertext,
                       .sealed = sealed};
}

bool LengthAgrees(const SealedMessage& message, std::size_t text_size) {
  return message.declared_length == text_size ||
         (message.declared_length == message.ciphertext.size() &&
          text_size <= message.declared_length &&
          message.declared_length - text_size <= kMaxSealPadding);
}

}  // namespace wsman::auth
