// What an upload job has beside its one file: what it has agreed on with the
// server, and the reply of the server's application. Plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/file_list.h"
#include "engine/shared_text.h"

namespace engine {

// Which version of the local file the bytes of a session are of. Another size,
// time or file is another version.
struct SourceVersion {
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  // since 1970
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  friend bool operator==(const SourceVersion&, const SourceVersion&) = default;
};

// What the server and we have agreed on.
struct UploadSession {
  SharedText id;    // BITS-Session-Id; empty: there is no session
  SharedText host;  // BITS-Host-Id, takes the place of the remote name's host; empty: none
  // BITS-Host-Id-Fallback-Timeout; empty: that host is never given up.
  std::optional<std::chrono::seconds> host_fallback{};
  // Since when `host` cannot be reached; empty: it could the last time.
  std::optional<std::chrono::system_clock::time_point> host_failing_since{};
  SourceVersion source{};
  // Close-Session has been sent: a server that does not know the session any more
  // has closed it.
  bool closing = false;
  bool closed = false;  // Close-Session has been answered
  friend bool operator==(const UploadSession&, const UploadSession&) = default;
};

// A local user whose rights decide which files he may upload: a file counts
// only if he could read it by himself.
struct SourceReader {
  std::uint32_t user = 0;
  std::vector<std::uint32_t> groups{};  // all of them, in any order
};

// Job::upload.
struct Upload {
  UploadSession session{};
  // Of an upload-reply: remote_url is where the reply is, empty until the server
  // says so; the rest as for the file of a download.
  File reply{};
  // Empty: whatever the service may read.
  std::optional<SourceReader> reader{};
};

}  // namespace engine
