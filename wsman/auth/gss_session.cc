#include "wsman/auth/gss_session.h"

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>

#include <array>

#include "wsman/auth/gss_status.h"

namespace wsman::auth::gss {
namespace {

// Of a wrap token (RFC 4121 section 4.2.6.2). The library verifies these bytes.
constexpr std::string_view kWrapTokenId = "\x05\x04";
constexpr std::size_t kSequenceOffset = 8;
constexpr std::size_t kTokenHeaderBytes = 16;

std::optional<std::uint64_t> SequenceOf(std::string_view token) {
  if (token.size() < kTokenHeaderBytes || !token.starts_with(kWrapTokenId)) return std::nullopt;
  std::uint64_t sequence = 0;
  for (std::size_t i = kSequenceOffset; i < kTokenHeaderBytes; ++i) {
    sequence = sequence << 8 | static_cast<std::uint8_t>(token[i]);
  }
  return sequence;
}

// HEADER, DATA and PADDING: without a TRAILER the header holds all that is not
// the text, which is the only layout that Windows reads.
using Layout = std::array<gss_iov_buffer_desc, 3>;

Layout MakeLayout() {
  Layout layout{};
  layout[0].type = GSS_IOV_BUFFER_TYPE_HEADER;
  layout[1].type = GSS_IOV_BUFFER_TYPE_DATA;
  layout[2].type = GSS_IOV_BUFFER_TYPE_PADDING;
  return layout;
}

}  // namespace

void FreeContext::operator()(gss_ctx_id_struct* context) const {
  OM_uint32 minor = 0;
  gss_delete_sec_context(&minor, &context, GSS_C_NO_BUFFER);
}

std::optional<Sealed> Session::Seal(std::string_view text) {
  Layout layout = MakeLayout();
  layout[1].buffer.length = text.size();
  OM_uint32 minor = 0;
  if (gss_wrap_iov_length(&minor, context_.get(), 1, GSS_C_QOP_DEFAULT, nullptr, layout.data(),
                          layout.size()) != GSS_S_COMPLETE) {
    return std::nullopt;
  }
  Sealed sealed{.bytes = std::string(layout[0].buffer.length, '\0'),
                .signature_bytes = layout[0].buffer.length};
  sealed.bytes.append(text).append(layout[2].buffer.length, '\0');
  char* at = sealed.bytes.data();
  for (gss_iov_buffer_desc& part : layout) {
    part.buffer.value = at;
    at += part.buffer.length;
  }
  int confidential = 0;
  if (gss_wrap_iov(&minor, context_.get(), 1, GSS_C_QOP_DEFAULT, &confidential, layout.data(),
                   layout.size()) != GSS_S_COMPLETE ||
      confidential == 0) {
    return std::nullopt;
  }
  return sealed;
}

// One message more or less on the way is the library's to notice, where the
// client asked for that; a repeated one is never taken.
bool Session::IsNext(std::string_view sealed) {
  const std::optional<std::uint64_t> sequence = SequenceOf(sealed);
  if (!sequence || (last_ && *sequence <= *last_)) return false;
  last_ = sequence;
  return true;
}

std::optional<std::string> Session::Unseal(std::string_view sealed) {
  if (broken_) return std::nullopt;
  broken_ = true;
  if (!IsNext(sealed)) return std::nullopt;
  gss_buffer_desc input = Input(sealed);
  Buffer text;
  OM_uint32 minor = 0;
  int confidential = 0;
  if (gss_unwrap(&minor, context_.get(), &input, text.Out(), &confidential, nullptr) !=
          GSS_S_COMPLETE ||
      confidential == 0) {
    return std::nullopt;
  }
  broken_ = false;
  return std::string(text.View());
}

std::optional<std::string> Session::Sign(std::string_view text) {
  gss_buffer_desc input = Input(text);
  Buffer signature;
  OM_uint32 minor = 0;
  if (gss_get_mic(&minor, context_.get(), GSS_C_QOP_DEFAULT, &input, signature.Out()) !=
      GSS_S_COMPLETE) {
    return std::nullopt;
  }
  return std::string(signature.View());
}

bool Session::Verify(std::string_view text, std::string_view signature) {
  gss_buffer_desc input = Input(text);
  gss_buffer_desc mic = Input(signature);
  OM_uint32 minor = 0;
  return gss_verify_mic(&minor, context_.get(), &input, &mic, nullptr) == GSS_S_COMPLETE;
}

}  // namespace wsman::auth::gss
