// What one Get costs between the HTTP server and the job: the guard, the codec,
// the dispatcher, the provider and the reply, and each part by itself. Sockets
// and authentication are not in it.
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include <benchmark/benchmark.h>

#include "provider/bits_client_job.h"
#include "provider/fake_jobs.h"
#include "provider/job_for_test.h"
#include "provider/job_mapping.h"
#include "provider/roles.h"
#include "support/principal_for_test.h"
#include "wsman/dispatcher.h"
#include "wsman/http/request_head.h"
#include "wsman/xml/instance_writer.h"
#include "wsman/xml/soap_codec.h"
#include "wsman/xml/xml_guard.h"

namespace {

constexpr std::string_view kContentType = "application/soap+xml;charset=UTF-8";
constexpr std::string_view kHead =
    "POST /wsman HTTP/1.1\r\nHost: 127.0.0.1:5985\r\nConnection: Keep-Alive\r\n"
    "Content-Type: application/soap+xml;charset=UTF-8\r\nUser-Agent: Microsoft WinRM Client\r\n"
    "Authorization: Basic YWxpY2U6Y29ycmVjdCBob3JzZSBiYXR0ZXJ5IHN0YXBsZQ==\r\n"
    "Content-Length: 1769\r\n\r\n";

// The request that scripts poll with, for the job of job_for_test.h.
std::string GetRequest() {
  std::ifstream file(BITSD_SOURCE_DIR "/tests/corpus/08-seed4a-get-poll.xml");
  std::ostringstream text;
  text << file.rdbuf();
  std::string request = text.str();
  const std::string_view placeholder = "@JOBID@";
  request.replace(request.find(placeholder), placeholder.size(),
                  provider::JobForTest().id.ToString());
  return request;
}

class LastReply : public wsman::http::Responder {
 public:
  void Send(wsman::http::Reply reply) override { reply_ = std::move(reply); }
  void SetDeadline(std::chrono::steady_clock::time_point,
                   std::function<wsman::http::Reply()>) override {}
  const wsman::http::Reply& reply() const { return reply_; }

 private:
  wsman::http::Reply reply_;
};

void Get(benchmark::State& state) {
  provider::FakeJobs jobs;
  jobs.jobs.push_back(std::make_shared<engine::Job>(provider::JobForTest()));
  const provider::Roles roles({.administrators = {{provider::RoleEntry::Kind::kUser, "alice"}},
                               .operators = {},
                               .viewers = {}});
  provider::BitsClientJob handler({}, jobs, roles);
  wsman::Dispatcher dispatcher({}, roles, {&handler});
  const auto alice = wsman::auth::PrincipalForTest::Make("alice");
  const std::string request = GetRequest();
  for (auto _ : state) {
    const auto responder = std::make_shared<LastReply>();
    dispatcher.Handle(alice, {std::string(kContentType), request}, responder);
    if (responder->reply().status != 200) state.SkipWithError("the Get failed");
  }
}
BENCHMARK(Get);

void Head(benchmark::State& state) {
  const wsman::http::ServerLimits limits;
  for (auto _ : state) {
    wsman::http::HeadScanner scanner(limits);
    if (scanner.Scan(kHead) != wsman::http::HeadScanner::State::kComplete)
      state.SkipWithError("the head is refused");
    benchmark::DoNotOptimize(wsman::http::ParseRequestHead(kHead));
  }
}
BENCHMARK(Head);

void Guard(benchmark::State& state) {
  const std::string request = GetRequest();
  for (auto _ : state) {
    if (!wsman::xml::CheckDocument(request)) state.SkipWithError("the document is refused");
  }
}
BENCHMARK(Guard);

void Codec(benchmark::State& state) {
  const std::string request = GetRequest();
  for (auto _ : state) {
    if (!wsman::xml::ParseEnvelope(request)) state.SkipWithError("the envelope is refused");
  }
}
BENCHMARK(Codec);

void Reply(benchmark::State& state) {
  const engine::Job job = provider::JobForTest();
  const wsman::ResourceUri uri = *wsman::ParseResourceUri(
      "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/microsoft/bits/BitsClientJob");
  const wsman::ReplyHeader header{.action = "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get",
                                  .relates_to = "uuid:A6B32650-55C5-561E-93E2-E5E4A02CD6C6",
                                  .fragment = {},
                                  .total_items = {}};
  for (auto _ : state) {
    const std::string instance = wsman::xml::WriteInstance(provider::ToInstance(job), uri);
    benchmark::DoNotOptimize(wsman::xml::WriteEnvelope(header, instance));
  }
}
BENCHMARK(Reply);

}  // namespace
