// The Unix socket that processes on this machine connect to.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace wsman::http {

// Listens on a path that nobody else serves. The file has mode 0666: everybody
// on this machine may connect, and who is served is decided by who it is. Its
// folder is made with mode 0755 when it is missing.
//
// The file PATH.lock beside it stays: whoever holds its lock owns the path, until
// the process ends, however it ends.
class LocalSocket {
 public:
  // Takes the place of the socket that a killed process has left. The error text
  // says what to change: somebody listens there, something other than a socket is
  // there, the folder may be written by everybody, or the path is too long.
  static tl::expected<LocalSocket, std::string> Open(const std::filesystem::path& path);

  LocalSocket(LocalSocket&& other) noexcept;
  LocalSocket& operator=(LocalSocket&& other) noexcept;
  ~LocalSocket() { Close(); }

  // Listening and not blocking.
  int descriptor() const { return listening_; }
  const std::filesystem::path& path() const { return path_; }

  // Removes the file, unless another is there meanwhile, and stops listening
  // where nobody has duplicated the descriptor. Idempotent.
  void Close();

 private:
  explicit LocalSocket(std::filesystem::path path) : path_(std::move(path)) {}
  tl::expected<void, std::string> Lock();
  tl::expected<void, std::string> RemoveStale();
  tl::expected<void, std::string> Listen();

  // What fits a socket address before its NUL.
  static constexpr std::size_t kPathBytes = 107;

  struct FileId {
    unsigned long device = 0;
    unsigned long inode = 0;
    friend bool operator==(const FileId&, const FileId&) = default;
  };
  static std::optional<FileId> IdOf(const std::filesystem::path& path);

  std::filesystem::path path_;
  std::optional<FileId> made_;  // what Close may remove
  int lock_ = -1;
  int listening_ = -1;
};

}  // namespace wsman::http
