// The requests of the BITS upload protocol ([MC-BUP] 2.2). Pure logic.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace engine::transfer {

inline constexpr const char* kUploadMethod = "BITS_POST";
// The only protocol there is.
inline constexpr std::string_view kUploadProtocol = "{7df0354d-249b-430f-820d-3d2a9bef4931}";
inline constexpr std::size_t kMaxContentName = 260;  // characters

enum class PacketType { kPing, kCreateSession, kFragment, kCloseSession, kCancelSession };

// Bytes of the file in one packet; `length` is not 0.
struct FragmentSpan {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t total = 0;

  std::uint64_t end() const { return offset + length; }
};

// The header lines of each packet; Content-Length comes with the body.
std::vector<std::string> PingHeaders();
std::vector<std::string> CreateSessionHeaders();
// `name` is for those who read the server's log; a name that cannot be sent is left out.
std::vector<std::string> FragmentHeaders(std::string_view session, std::string_view name,
                                         const FragmentSpan& span);
std::vector<std::string> CloseSessionHeaders(std::string_view session);
std::vector<std::string> CancelSessionHeaders(std::string_view session);

}  // namespace engine::transfer
