// What the calls of GSSAPI return, and the objects they leave behind.
#pragma once

#include <gssapi/gssapi.h>

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

namespace wsman::auth::gss {

// The library's sentences for a failure, for the log.
std::string StatusText(OM_uint32 major, OM_uint32 minor);

// A buffer that the library filled.
class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer();

  gss_buffer_t Out() { return &buffer_; }
  std::string_view View() const {
    return {static_cast<const char*>(buffer_.value), buffer_.value == nullptr ? 0 : buffer_.length};
  }

 private:
  gss_buffer_desc buffer_ = GSS_C_EMPTY_BUFFER;
};

// A buffer that the library only reads; `text` must outlive it.
gss_buffer_desc Input(std::string_view text);

struct FreeName {
  void operator()(gss_name_t name) const;
};
using Name = std::unique_ptr<std::remove_pointer_t<gss_name_t>, FreeName>;

// A name as the mechanism writes it, "alice@EXAMPLE.COM" for Kerberos; empty on failure.
std::string DisplayName(gss_name_t name);

}  // namespace wsman::auth::gss
