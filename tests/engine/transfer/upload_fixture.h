// Uploads to a BitsServer, with the queue's part played by the test.
#pragma once

#include <string>

#include "tests/engine/transfer/bits_server.h"
#include "tests/engine/transfer/transfer_fixture.h"

namespace engine::transfer {

class UploadTest : public TransferTest {
 protected:
  // A file that nobody has written to for a while.
  void WriteSource(const std::string& content, const std::string& name = "source");
  std::filesystem::path SourcePath(const std::string& name = "source") const;
  SourceVersion VersionOfSource(const std::string& name = "source");

  // An upload of the next attempt from "source".
  Upload UploadTo(const std::string& url, UploadState resume = {});
  // With a reply that goes to "reply".
  Upload UploadReplyTo(const std::string& url, UploadState resume = {});
  std::string Reply() const { return ReadFile(directory_.path() / "BITreply.tmp"); }

  Event RunUpload(const Upload& upload);
  void ExpectFinished(const Event& end);
  Failed ExpectFailed(const Event& end);
  // What the queue would know after these events.
  UploadState StateAfter(const Upload& upload);
  // Until the attempt has told for the n-th time what it waits for. Where that is.
  UploadState WaitForWait(const Upload& upload, int n);
  // Starts again as long as the failure is recoverable, at most ten times.
  Event RunToEnd(Upload upload);
  // What the attempt to cancel a session came to.
  SessionCancelled RunCancel(const CancelSession& cancel);

  // Delivered once, with these bytes, by a client that kept to the protocol.
  static void ExpectStored(const BitsServer& server, const std::string& content);
};

}  // namespace engine::transfer
