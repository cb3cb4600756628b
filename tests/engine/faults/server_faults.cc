#include "tests/engine/faults/server_faults.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>

namespace engine {
namespace {

using support::AnswerFor;
using support::OriginAnswer;
using support::OriginFile;
using support::OriginHandler;
using support::OriginReply;
using support::OriginRequest;
using support::PatternBytes;

constexpr const char* kDate = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* kLaterDate = "Mon, 07 Nov 1994 08:49:37 GMT";
constexpr std::size_t kHalf = kFaultFileBytes / 2;
const std::string kTotal = std::to_string(kFaultFileBytes);
const std::string kLast = std::to_string(kFaultFileBytes - 1);
const std::string kLength = "Content-Length: " + kTotal;
const std::string kOldEtag = "ETag: \"old\"";

constexpr FaultEnd kRight;

FaultEnd Transient(HResult code, ErrorContext context = ErrorContext::kRemoteFile) {
  return {JobState::kTransientError, code, context};
}
FaultEnd Fatal(HResult code) { return {JobState::kError, code, ErrorContext::kRemoteFile}; }

const FaultEnd kBroken = Transient(HResult::kInvalidServerReply);
const FaultEnd kNotHttp = Transient(HResult::kInvalidServerReply, ErrorContext::kGeneralTransport);
const FaultEnd kCut = Transient(HResult::kConnectionError, ErrorContext::kGeneralTransport);
const FaultEnd kSilent = Transient(HResult::kTimeout, ErrorContext::kGeneralTransport);

// --- building replies -----------------------------------------------------------

// These bytes, then the end of the connection.
OriginHandler Raw(std::string bytes) {
  return [bytes = std::move(bytes)](const OriginRequest&, OriginReply& reply) {
    reply.Send(bytes);
    reply.CutWithFin();
  };
}

OriginHandler Reply(int status, std::vector<std::string> lines, std::string body = {}) {
  return [status, lines = std::move(lines), body = std::move(body)](const OriginRequest&,
                                                                    OriginReply& reply) {
    reply.Head(status, lines);
    reply.Send(body);
    reply.CutWithFin();
  };
}

OriginHandler Status(int status, std::vector<std::string> lines = {}) {
  lines.push_back("Content-Length: 5");
  return Reply(status, std::move(lines), "oops!");
}

// The whole old file under these lines.
OriginHandler Whole(std::vector<std::string> lines) {
  return Reply(200, std::move(lines), OldFile().content);
}

// A 206 with this Content-Range and the bytes from `first` on.
OriginHandler Part(const std::string& range, std::size_t first, std::string more = kOldEtag) {
  const std::string body = OldFile().content.substr(first);
  std::vector<std::string> lines = {std::move(more),
                                    "Content-Length: " + std::to_string(body.size())};
  if (!range.empty()) lines.push_back("Content-Range: bytes " + range);
  return Reply(206, std::move(lines), body);
}

// A good reply to what was asked, after a change by `bend`.
OriginHandler Bent(const std::function<void(OriginAnswer&)>& bend) {
  return [bend](const OriginRequest& request, OriginReply& reply) {
    OriginAnswer answer = AnswerFor(OldFile(), request);
    bend(answer);
    reply.Head(answer.status, answer.lines);
    reply.Send(answer.body);
    reply.CutWithFin();
  };
}

OriginHandler Serves(const OriginFile& file) {
  return [file](const OriginRequest& request, OriginReply& reply) {
    support::ServeFile(file, request, reply);
  };
}

OriginHandler Redirects(int status, const std::string& location) {
  return Reply(status, {"Location: " + location, "Content-Length: 0"});
}

// Replaces the line that starts with `name`.
void SetLine(OriginAnswer& answer, const std::string& name, const std::string& value) {
  std::erase_if(answer.lines, [&](const std::string& line) { return line.starts_with(name); });
  answer.lines.push_back(name + ": " + value);
}

std::string Chunk(const std::string& body) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", body.size());
  return size + body + "\r\n";
}

std::string ChunkedHead(const OriginAnswer& answer, const std::string& more = {}) {
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " OK\r\n" + more;
  for (const std::string& line : answer.lines)
    if (!line.starts_with("Content-Length")) head += line + "\r\n";
  return head + "Transfer-Encoding: chunked\r\n\r\n";
}

OriginHandler Chunked(const std::string& more_lines, const std::string& end) {
  return [=](const OriginRequest& request, OriginReply& reply) {
    const OriginAnswer answer = AnswerFor(OldFile(), request);
    reply.Send(ChunkedHead(answer, more_lines) + Chunk(answer.body) + end);
    reply.CutWithFin();
  };
}

OriginFile WithoutValidators(OriginFile file) {
  file.etag.clear();
  file.last_modified.clear();
  return file;
}
OriginFile DateOnly(OriginFile file) {
  file.etag.clear();
  return file;
}
OriginFile WeakEtagOnly(OriginFile file) {
  file.etag = "W/\"old\"";
  file.last_modified.clear();
  return file;
}

// --- the table ------------------------------------------------------------------

using Rows = std::vector<ServerFault>;

Rows RangeFaults() {
  return {
      {"AnEarlyStart", Part("7-" + kLast + "/" + kTotal, 7), kBroken, kRight},
      {"ALateStart", Part(std::to_string(kHalf + 1) + "-" + kLast + "/" + kTotal, kHalf + 1),
       kBroken, kBroken},
      {"AStartAtZero", Part("0-" + kLast + "/" + kTotal, 0), kRight, kRight},
      {"AStarInsteadOfARange", Part("*/" + kTotal, kHalf), kBroken, kBroken},
      {"NoContentRange", Part("", kHalf), kBroken, kBroken},
      {"AMultipartReply",
       Part("0-" + kLast + "/" + kTotal, 0, "Content-Type: multipart/byteranges; boundary=x"),
       kBroken, kBroken},
      {"AnotherTotal",
       Part(std::to_string(kHalf) + "-" + kLast + "/" + std::to_string(kFaultFileBytes + 1), kHalf),
       kBroken, kBroken},
      {"PartsOfTenThousandBytes",
       [](const OriginRequest& request, OriginReply& reply) {
         const std::string range = request.Header("range");
         const std::size_t first = range.empty() ? 0 : std::stoull(range.substr(6));
         const std::size_t last = std::min(first + 9'999, kFaultFileBytes - 1);
         reply.Head(206, {kOldEtag, "Content-Length: " + std::to_string(last - first + 1),
                          "Content-Range: bytes " + std::to_string(first) + "-" +
                              std::to_string(last) + "/" + kTotal});
         reply.Send(OldFile().content.substr(first, last - first + 1));
       },
       kRight, kRight},
      {"NoSuchRange", Reply(416, {"Content-Range: bytes */" + kTotal, "Content-Length: 0"}),
       Fatal(HttpError(416)), Fatal(HttpError(416))},
      {"AFailedCondition", Status(412), Fatal(HttpError(412)), Fatal(HttpError(412))},
      {"RangeIsIgnored", Whole({kOldEtag, kLength}), kRight, kRight},
      {"RangeIsIgnoredAndTheFileIsNew", Reply(200, {"ETag: \"new\"", kLength}, NewFile().content),
       kRight, kRight, &NewFile},
  };
}

Rows LengthFaults() {
  const auto length = [](const std::string& value) {
    return Bent([value](OriginAnswer& answer) { SetLine(answer, "Content-Length", value); });
  };
  return {
      {"ABodyThatIsTooShort", Bent([](OriginAnswer& answer) { answer.body.resize(1'000); }), kCut,
       kCut},
      {"ABodyThatIsTooLong", Bent([](OriginAnswer& answer) { answer.body += "surplus"; }), kRight,
       kRight},
      {"TwoLengths",
       Bent([](OriginAnswer& answer) { answer.lines.push_back("Content-Length: 7"); }), kBroken,
       kBroken},
      {"TwoLengthsInOneLine", length(kTotal + ", 7"), kBroken, kBroken},
      {"TheSameLengthTwice", Bent([](OriginAnswer& answer) {
         answer.lines.push_back("Content-Length: " + std::to_string(answer.body.size()));
       }),
       kRight, kRight},
      {"ALengthBeyond64Bits", length("99999999999999999999"), kBroken, kBroken},
      {"ALengthBeyond63Bits", length("9223372036854775808"), kBroken, kBroken},
      {"ANegativeLength", length("-1"), kNotHttp, kNotHttp},
      {"NoLength", Raw("HTTP/1.1 200 OK\r\n\r\n" + OldFile().content),
       Fatal(HResult::kMissingFileSize), Fatal(HResult::kMissingFileSize)},
      {"ANulInAHeader", Bent([](OriginAnswer& answer) {
         answer.lines.push_back("X-Nul: a" + std::string(1, '\0') + "b");
       }),
       kNotHttp, kNotHttp},
      {"UnaskedGzip",
       Bent([](OriginAnswer& answer) { answer.lines.push_back("Content-Encoding: gzip"); }),
       Fatal(HResult::kInsufficientHttpSupport), Fatal(HResult::kInsufficientHttpSupport)},
  };
}

Rows ChunkFaults() {
  return {
      {"ChunksAndALength", Chunked("Content-Length: 7\r\n", "0\r\n\r\n"), kRight, kRight},
      {"NoLastChunk", Chunked("", ""), kCut, kCut},
      {"ACutLastChunk", Chunked("", "0\r\n"), kCut, kCut},
      {"ChunksWithoutEnd",
       [](const OriginRequest& request, OriginReply& reply) {
         OriginAnswer answer = AnswerFor(OldFile(), request);
         if (answer.status == 200) {
           answer.status = 206;
           answer.lines.push_back("Content-Range: bytes 0-" + kLast + "/" + kTotal);
         }
         reply.Send(ChunkedHead(answer));
         while (reply.alive()) reply.Send(Chunk(std::string(1'000, 'x')));
       },
       kBroken, kBroken},
      {"TransferEncodingGzip",
       Raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n" + OldFile().content), kBroken,
       kBroken},
  };
}

Rows BrokenHeads() {
  return {
      {"Http09", Raw(OldFile().content), kNotHttp, kNotHttp},
      {"NoReply", Raw(""), kCut, kCut},
      {"AReset",
       [](const OriginRequest& request, OriginReply& reply) {
         const OriginAnswer answer = AnswerFor(OldFile(), request);
         reply.Head(answer.status, answer.lines);
         reply.Send(answer.body.substr(0, 10'000));
         reply.CutWithReset();
       },
       kCut, kCut},
      {"AFloodOfHeaders",
       [](const OriginRequest&, OriginReply& reply) {
         reply.Send("HTTP/1.1 200 OK\r\n");
         while (reply.alive()) reply.Send("X-Flood: 0123456789012345678901234567890123456789\r\n");
       },
       kBroken, kBroken},
      {"AFloodOfInterimReplies",
       [](const OriginRequest&, OriginReply& reply) {
         while (reply.alive()) reply.Send("HTTP/1.1 103 Early Hints\r\n\r\n");
       },
       kBroken, kBroken},
      {"Silence", [](const OriginRequest&, OriginReply& reply) { reply.Stall(); }, kSilent,
       kSilent},
      {"ABodyThatStops",
       [](const OriginRequest& request, OriginReply& reply) {
         const OriginAnswer answer = AnswerFor(OldFile(), request);
         reply.Head(answer.status, answer.lines);
         reply.Send(answer.body.substr(0, 10'000));
         reply.Stall();
       },
       kSilent, kSilent},
      {"ADripOfSingleBytes",
       [](const OriginRequest& request, OriginReply& reply) {
         const OriginAnswer answer = AnswerFor(OldFile(), request);
         reply.Head(answer.status, answer.lines);
         for (std::size_t i = 0; i < 30; ++i) {
           reply.Send(answer.body.substr(i, 1));
           reply.Pause(std::chrono::milliseconds(50));
         }
         reply.Send(answer.body.substr(30));
       },
       kRight, kRight},
  };
}

Rows ChangedFiles() {
  OriginFile undated = WithoutValidators(NewFile());
  OriginFile weak = WeakEtagOnly(NewFile());
  weak.etag = "W/\"new\"";
  return {
      {"AnotherEtag", Serves(NewFile()), kRight, kRight, &NewFile},
      {"AnotherDateOnly", Serves(DateOnly(NewFile())), kRight, kRight, &NewFile, DateOnly},
      {"AnotherLengthOnly", Serves(LongerFile()), kRight, kRight, &LongerFile, DateOnly},
      {"NoValidatorsAnyMore", Serves(undated), kRight, kRight, &NewFile},
      {"NeverAnyValidators", Serves(undated), kRight, kRight, &NewFile, WithoutValidators},
      {"AWeakEtag", Serves(weak), kRight, kRight, &NewFile, WeakEtagOnly},
      {"ANewPartUnderTheRangeOfTheOld",
       [](const OriginRequest& request, OriginReply& reply) {
         OriginRequest any = request;
         any.headers.erase("if-range");
         any.headers.erase("if-unmodified-since");
         support::ServeFile(NewFile(), any, reply);
       },
       kRight, kRight, &NewFile},
  };
}

Rows Statuses() {
  Rows rows;
  const auto add = [&rows](const char* name, OriginHandler answer, const FaultEnd& end) {
    rows.push_back({name, std::move(answer), end, end});
  };
  add("Redirect301", Redirects(301, "/good"), kRight);
  add("Redirect302", Redirects(302, "/good"), kRight);
  add("Redirect303", Redirects(303, "/good"), kRight);
  add("Redirect307", Redirects(307, "/good"), kRight);
  add("Redirect308", Redirects(308, "/good"), kRight);
  add("ARedirectInACircle", Redirects(302, "/file"), Fatal(HttpError(302)));
  add("ARedirectToAFile", Redirects(301, "file:///etc/hostname"), Fatal(HttpError(301)));
  add("ARedirectWithoutLocation", Status(302), Fatal(HttpError(302)));
  add("Status204", Reply(204, {}), Transient(HttpError(204)));
  add("Status400", Status(400), Fatal(HttpError(400)));
  add("Status401", Status(401, {"WWW-Authenticate: Basic realm=\"x\""}), Fatal(HttpError(401)));
  add("Status403", Status(403), Fatal(HttpError(403)));
  add("Status404", Status(404), Fatal(HttpError(404)));
  add("Status407", Status(407), Fatal(HttpError(407)));
  add("Status408", Status(408), Transient(HttpError(408)));
  add("Status410", Status(410), Fatal(HttpError(410)));
  add("Status425", Status(425), Transient(HttpError(425)));
  add("Status429", Status(429), Transient(HttpError(429)));
  add("Status429WithRetryAfter", Status(429, {"Retry-After: 9"}), Transient(HttpError(429)));
  add("Status500", Status(500), Transient(HttpError(500)));
  add("Status501", Status(501), Fatal(HttpError(501)));
  add("Status502", Status(502), Transient(HttpError(502)));
  add("Status503WithRetryAfter", Status(503, {"Retry-After: 9"}), Transient(HttpError(503)));
  add("Status504", Status(504), Transient(HttpError(504)));
  return rows;
}

}  // namespace

const OriginFile& OldFile() {
  static const OriginFile file{PatternBytes(kFaultFileBytes, 0), "\"old\"", kDate};
  return file;
}

const OriginFile& LongerFile() {
  static const OriginFile file{PatternBytes(kFaultFileBytes + 1, 2), "", kDate};
  return file;
}

const OriginFile& NewFile() {
  static const OriginFile file{PatternBytes(kFaultFileBytes, 1), "\"new\"", kLaterDate};
  return file;
}

void PrintTo(const ServerFault& fault, std::ostream* stream) { *stream << fault.name; }

std::vector<ServerFault> ServerFaults() {
  Rows all;
  for (Rows rows :
       {RangeFaults(), LengthFaults(), ChunkFaults(), BrokenHeads(), ChangedFiles(), Statuses()})
    std::move(rows.begin(), rows.end(), std::back_inserter(all));
  return all;
}

}  // namespace engine
