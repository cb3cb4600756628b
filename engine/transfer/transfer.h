// The messages between the engine thread and the transfer threads, and the
// interfaces that tests replace.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/error.h"
#include "engine/job.h"
#include "engine/path_map.h"
#include "engine/transfer/reach.h"
#include "engine/upload.h"

namespace engine::transfer {

// One try at one file. Events of an older attempt are recognised and ignored.
struct TransferId {
  JobId job;
  std::uint32_t file = 0;
  std::uint64_t attempt = 0;
  friend auto operator<=>(const TransferId&, const TransferId&) = default;
};

// How far a file is: `offset` bytes of the version with these validators are
// durable in the temporary file.
struct FileState {
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> total;
  Validators validators;
};

struct Download {
  TransferId id;
  std::string url;
  LocalTarget target;
  std::string temporary_name;
  FileState resume;
  Priority priority = Priority::kNormal;
  ReachPointer reach{};
  std::shared_ptr<const JobSettings> settings{};           // null: the defaults
  std::shared_ptr<const std::vector<FileRange>> ranges{};  // null: the whole file
  // What the job's maximum size leaves for this file; no byte beyond is written
  // (BG_E_MAX_DOWNLOAD_SIZE_LIMIT_REACHED).
  std::optional<std::uint64_t> most_bytes{};
};

// How far an upload is.
struct UploadState {
  UploadSession session;
  std::uint64_t offset = 0;  // bytes of session.source that the server has acknowledged
  FileState reply;           // what of the reply is durable
  std::string reply_url;     // where the reply is; empty until the server says so
};

// Where the reply of an upload-reply goes.
struct ReplyTarget {
  LocalTarget target;
  std::string temporary_name;
};

struct Upload {
  TransferId id;
  std::string url;
  LocalTarget source;
  UploadState resume{};                // with an empty session id: from the start
  std::optional<ReplyTarget> reply{};  // empty: there is no reply
  Priority priority = Priority::kNormal;
  ReachPointer reach{};
  std::shared_ptr<const JobSettings> settings{};  // null: the defaults
  // Empty: whatever the process may read. Otherwise E_ACCESSDENIED for files that
  // this user may not read; looked at for the opened file.
  std::optional<SourceReader> reader{};
};

// Tells the server that an upload is not wanted any more.
struct CancelSession {
  TransferId id;
  std::string url;  // the remote name of the job
  UploadSession session;
  ReachPointer reach{};
};

// Bytes a second, below which a server is as good as silent: BITS' least rate, 2 kbit/s.
inline constexpr std::uint64_t kLeastRate = 250;

// --- events -----------------------------------------------------------------
struct Connected {
  TransferId id;
  FileState state;
};  // headers accepted; the body follows
struct Progressed {
  TransferId id;
  FileState state;
};  // durable; offset never falls within an attempt
// For as long as stall_timeout the server sent fewer than kLeastRate bytes a second,
// and nothing on this side held it back. The attempt goes on; told again each time.
struct Slow {
  TransferId id;
};
struct Arrived {
  TransferId id;
};  // every byte is here but not durable; the end follows without the network
// The durable bytes of the file are worth nothing: the server has another
// version, or they are gone. The temporary file is as it was. The file may be
// started at 0 once the store claims no bytes of it; if it started earlier, a
// crash could leave the offset of one version beside the bytes of another.
struct Restarted {
  TransferId id;
};
// Redirects led to `url`, and the job's policy wants that told
// (security_flags::kRedirectMask): it is the file's remote name from here on.
// Under kRefuseRedirects it is where the first redirect leads, and Failed follows.
struct Redirected {
  TransferId id;
  std::string url;
};
struct Finished {
  TransferId id;
  FileState state;
};  // every byte durable
struct Stopped {
  TransferId id;
  FileState state;
};  // answer to Stop
// An offset below the one it resumed from: those bytes are worth nothing, and
// the same holds as for Restarted.
struct Failed {
  TransferId id;
  FileState state;
  Error error;
  bool recoverable = true;
  std::optional<std::chrono::seconds> retry_after;
  bool in_place = true;  // the job may keep its slot and try again at once
};
struct Probed {
  TransferId id;
  std::optional<std::uint64_t> total;
};  // answer to Probe; empty when HEAD told nothing
// What is known of an upload: its session was made or lost, bytes were
// acknowledged, the reply's address is known, bytes of the reply are durable or
// worthless, the session is closed. Nothing in it falls but by the server's word:
// `offset` when the server has lost bytes or the session, `reply.offset` when there
// is another reply.
struct UploadAdvanced {
  TransferId id;
  UploadState state;
  // The attempt sends nothing more until GoOn says that `state` is stored: a session
  // that is to get its first byte, or to be closed, and is forgotten in a crash
  // would have the file stored twice.
  bool waits = false;
};
// Answer to Cancel.
struct SessionCancelled {
  TransferId id;
  std::optional<Error> error;  // empty: the server has no such session, or not any more
  bool again = false;          // the server could not be told; worth another try
};
using Event = std::variant<Connected, Progressed, Slow, Arrived, Redirected, Restarted, Finished,
                           Stopped, Failed, Probed, UploadAdvanced, SessionCancelled>;

// Called on transfer threads; must not block.
using EventSink = std::function<void(Event)>;

// Moves files. Each Start ends with exactly one of Finished, Stopped, Failed,
// Restarted.
class Transfers {
 public:
  virtual ~Transfers() = default;
  virtual void Start(Download download) = 0;
  // Sends a file: session, fragments, reply, end of the session. Connected once the
  // server has answered with a session, UploadAdvanced on the way, and then exactly
  // one of Finished, Stopped, Failed, with the offset and total of the source in
  // their state. Finished: all bytes are acknowledged, the reply is durable in its
  // temporary file, and the session is closed.
  // BG_E_LOCAL_FILE_CHANGED (fatal; the session is given up, so that the next Start
  // sends the file as it is then): the source is not what session.source says.
  virtual void Start(Upload upload) = 0;
  // What an UploadAdvanced that waits told is stored. Ignored by attempts that do not wait.
  virtual void GoOn(TransferId id) = 0;
  // Checkpoints and ends the attempt; ignored when it already ended. Another end
  // than Stopped may be on its way already.
  virtual void Stop(TransferId id) = 0;
  // Asks for the size with HEAD, bounded in time and number; never an error.
  virtual void Probe(TransferId id, std::string url, ReachPointer reach) = 0;
  // Sends Cancel-Session, bounded in time; answered with one SessionCancelled.
  virtual void Cancel(CancelSession cancel) = 0;
  // Stops everything (Stopped events are delivered) and joins.
  virtual void Shutdown() = 0;
};

// One file of a Complete or Cancel.
struct FileWork {
  LocalTarget target;
  std::string temporary_name;
  bool keep = false;  // true: rename to the target; false: delete the temporary file
  std::optional<TimePoint> modified;  // the server's Last-Modified, given to the kept file
};

// Work on the disk threads; `done` runs there and must not block.
class FileOperations {
 public:
  virtual ~FileOperations() = default;
  // The target's directory exists (or is made, where the target says so), can
  // be written, and the target is absent or a regular file. Nothing is left
  // behind but directories. ERROR_PATH_NOT_FOUND, E_ACCESSDENIED, E_INVALIDARG.
  virtual void CheckTarget(LocalTarget target, std::function<void(Status)> done) = 0;
  // The version of a file that is to be uploaded: a regular one below the root, not
  // behind a link, which the process and `reader`, when there is one, may read.
  // ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, E_ACCESSDENIED, E_INVALIDARG.
  virtual void CheckSource(LocalTarget source, std::optional<SourceReader> reader,
                           std::function<void(Result<SourceVersion>)> done) = 0;
  // Renames or deletes each file, then syncs each directory once. Modes and times
  // of the kept files are durable before the first is renamed. Doing it again
  // after a crash gives the same result. One status per file, in order; a
  // temporary file that is already gone is no error where the target exists
  // (keep) or at all (delete).
  virtual void Finish(std::vector<FileWork> files,
                      std::function<void(std::vector<Status>)> done) = 0;
  // Anything else that waits for the disk.
  virtual void Run(std::function<void()> work) = 0;
};

}  // namespace engine::transfer
