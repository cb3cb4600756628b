// What the tests of origins that misbehave have in common.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/engine/transfer/served_file.h"
#include "tests/engine/transfer/transfer_fixture.h"

namespace engine::transfer {

inline constexpr const char* kLaterDate = "Mon, 07 Nov 1994 08:49:37 GMT";
inline constexpr std::size_t kSize = 1'000;
inline constexpr std::size_t kHave = 400;

inline support::OriginFile VersionOf(unsigned version, std::size_t size = kSize) {
  return FileOf(size, version);
}

class DownloadFaultTest : public TransferTest {
 protected:
  // 400 of 1000 bytes of version 0 are here.
  Download Begun(const std::string& url, Validators validators = {"\"v0\"", kDate}) {
    Download download = Of(url, "file", FileState{kHave, kSize, std::move(validators)});
    WriteFile(TemporaryPath(download), support::PatternBytes(kSize, 0).substr(0, kHave));
    return download;
  }

  // The attempt ends with Restarted and nothing else, and has not touched what
  // is there.
  void RunToRestart(const Download& download, const std::string& content) {
    const Event end = Run(download);
    EXPECT_TRUE(std::holds_alternative<Restarted>(end)) << end.index();
    EXPECT_EQ(events().Of(download.id).size(), 1u);
    EndThreads();
    EXPECT_EQ(ReadFile(TemporaryPath(download)), content);
  }

  Failed FailureOf(const support::OriginHandler& handler) {
    support::OriginServer origin(handler);
    const Download download = Of(origin.Url("/file"));
    const Failed failed = RunToFailure(download);
    EXPECT_EQ(failed.state.offset, 0u);
    return failed;
  }
};

// A 206 with these bytes of the version; the lines are its header but for the length.
inline support::OriginAnswer Partial(std::size_t first, std::size_t last,
                                     std::vector<std::string> lines, unsigned version = 1) {
  support::OriginAnswer answer;
  answer.status = 206;
  answer.body = support::PatternBytes(kSize, version).substr(first, last - first + 1);
  answer.lines = std::move(lines);
  answer.lines.push_back("Content-Length: " + std::to_string(answer.body.size()));
  return answer;
}

inline std::string RangeLine(const std::string& text) { return "Content-Range: bytes " + text; }

// Sends the bytes and closes.
inline support::OriginHandler Raw(const std::string& bytes) {
  return [bytes](const support::OriginRequest&, support::OriginReply& reply) {
    reply.Send(bytes);
    reply.CutWithFin();
  };
}

}  // namespace engine::transfer
