#include "wsman/http/client_hello.h"

#include <cstddef>
#include <string>

namespace wsman::http {
namespace {

constexpr std::size_t kRecordHead = 5;  // type, version, length
constexpr std::size_t kLargestRecord = 1 << 14;
constexpr std::size_t kMessageHead = 4;  // type, length
constexpr unsigned kHandshake = 22;
constexpr unsigned kClientHello = 1;

unsigned ByteAt(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

}  // namespace

bool HasWholeClientHello(std::string_view received) {
  std::string head;        // of the message, which may begin in several records
  std::size_t length = 0;  // of the message so far
  while (!received.empty()) {
    if (ByteAt(received, 0) != kHandshake) return true;
    if (received.size() < kRecordHead) return false;
    const std::size_t size = ByteAt(received, 3) << 8 | ByteAt(received, 4);
    if (size == 0 || size > kLargestRecord) return true;
    received.remove_prefix(kRecordHead);
    const std::string_view content = received.substr(0, size);
    if (head.size() < kMessageHead) head += content.substr(0, kMessageHead - head.size());
    if (!head.empty() && ByteAt(head, 0) != kClientHello) return true;
    if (content.size() < size) return false;
    length += size;
    received.remove_prefix(size);
    if (head.size() < kMessageHead) continue;
    const std::size_t expected = ByteAt(head, 1) << 16 | ByteAt(head, 2) << 8 | ByteAt(head, 3);
    if (length >= kMessageHead + expected) return true;
  }
  return false;
}

}  // namespace wsman::http
