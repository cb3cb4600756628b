// Whom an upload talks to and what it tells them: credentials, hosts, redirects,
// replies; and how it shares the line, the memory and the end of the service.
#include <atomic>
#include <set>

#include "engine/job_settings.h"
#include "engine/proxy_list.h"
#include "engine/transfer/upload_attempt.h"
#include "tests/engine/transfer/upload_fixture.h"
#include "tests/support/tls_front.h"

namespace engine::transfer {
namespace {

using support::OriginFile;
using support::OriginReply;
using support::OriginRequest;
using support::OriginServer;
using support::PatternBytes;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::IsEmpty;
using Kind = BitsFault::Kind;

constexpr std::size_t kSize = 500'000;

Credential ServerCredential(AuthScheme scheme) {
  Credential credential;
  credential.target = AuthTarget::kServer;
  credential.scheme = scheme;
  credential.user = SecretText("alice");
  credential.password = SecretText("hunter2");
  credential.identity = "a";
  return credential;
}

ReachPointer ReachWith(AuthScheme scheme) {
  Reach reach;
  reach.user = "alice";
  reach.credentials.push_back(ServerCredential(scheme));
  reach.custom_headers = SecretText("X-Secret: s3cret\r\nBITS-Session-Id: mine\r\n");
  return std::make_shared<const Reach>(std::move(reach));
}

std::string Challenge(const std::string& scheme) {
  return "HTTP/1.1 401 Who\r\nContent-Length: 0\r\nWWW-Authenticate: " + scheme + "\r\n\r\n";
}

std::string HostOf(const BitsServer& server) {
  const std::string url = server.Url("/");
  return url.substr(7, url.size() - 8);
}

class UploadReachTest : public UploadTest {
 protected:
  UploadReachTest() { WriteSource(PatternBytes(kSize)); }

  Upload With(ReachPointer reach, const std::string& url) {
    Upload upload = UploadTo(url);
    upload.reach = std::move(reach);
    return upload;
  }
};

// --- credentials ------------------------------------------------------------------

TEST_F(UploadReachTest, BasicCredentialsGoWithEveryPacketOnceAskedFor) {
  BitsServer server({}, [](const BitsPacket& packet) {
    const bool known = packet.request->Header("authorization") == "Basic YWxpY2U6aHVudGVyMg==";
    return known ? BitsFault{} : BitsFault{Kind::kAnswer, Challenge("Basic realm=\"r\"")};
  });
  ExpectFinished(RunUpload(With(ReachWith(AuthScheme::kBasic), server.Url())));
  ExpectStored(server, PatternBytes(kSize));
  EXPECT_EQ(server.CountOf("Create-Session"), 2);
  EXPECT_EQ(server.CountOf("Fragment"), 4);
}

TEST_F(UploadReachTest, CredentialsThatAreRefusedAreFatal) {
  BitsServer server({}, [](const BitsPacket&) {
    return BitsFault{Kind::kAnswer, Challenge("Basic realm=\"r\"")};
  });
  const Failed failed = ExpectFailed(RunUpload(With(ReachWith(AuthScheme::kBasic), server.Url())));
  EXPECT_EQ(failed.error.code, HttpError(401));
  EXPECT_FALSE(failed.recoverable);
  EXPECT_EQ(server.CountOf("Create-Session"), 2);
}

// Asks each connection for NTLM and takes whatever answers the challenge.
class NtlmDoor {
 public:
  BitsFault operator()(const BitsPacket& packet) {
    const std::lock_guard lock(mutex_);
    const int connection = packet.request->connection;
    const std::string said = packet.request->Header("authorization");
    if (said.empty() && passed_.contains(connection)) return {};
    if (said.starts_with("NTLM TlRMTVNTUAABAAAA")) {
      // The challenge of [MS-NLMP]'s kind with nothing but a nonce.
      return {Kind::kAnswer,
              Challenge("NTLM TlRMTVNTUAACAAAAAAAAADgAAAABggAAASNFZ4mrze8AAAAAAAAAAAAAAAAAAAAA")};
    }
    if (said.starts_with("NTLM TlRMTVNTUAADAAAA")) {
      passed_.insert(connection);
      return {};
    }
    return {Kind::kAnswer, Challenge("NTLM")};
  }
  std::size_t passed() const {
    const std::lock_guard lock(mutex_);
    return passed_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::set<int> passed_;
};

TEST_F(UploadReachTest, NtlmAuthenticatesAConnectionOnceAndBodiesArriveWhole) {
  NtlmDoor door;
  BitsServer server({}, [&door](const BitsPacket& packet) { return door(packet); });
  ExpectFinished(RunUpload(With(ReachWith(AuthScheme::kNtlm), server.Url())));
  ExpectStored(server, PatternBytes(kSize));
  EXPECT_EQ(door.passed(), 1u);
  EXPECT_EQ(server.CountOf("Fragment"), 4);
}

TEST_F(UploadReachTest, NtlmOfAnotherConnectionInTheMiddleSendsTheFragmentAgain) {
  NtlmDoor door;
  std::atomic<bool> cut = false;
  BitsServer server({}, [&](const BitsPacket& packet) {
    if (packet.type == "Fragment" && packet.first > 0 && !cut.exchange(true))
      return BitsFault{Kind::kCutInBody};
    return door(packet);
  });
  ExpectFinished(RunToEnd(With(ReachWith(AuthScheme::kNtlm), server.Url())));
  ExpectStored(server, PatternBytes(kSize));
  EXPECT_EQ(door.passed(), 2u);
}

TEST_F(UploadReachTest, CustomHeadersGoWithPacketsButNeverReplaceTheirOwn) {
  BitsServer server;
  ExpectFinished(RunUpload(With(ReachWith(AuthScheme::kBasic), server.Url())));
  ExpectStored(server, PatternBytes(kSize));
  for (const OriginRequest& request : server.requests()) {
    EXPECT_EQ(request.Header("x-secret"), "s3cret");
    EXPECT_EQ(request.Header("user-agent"), "Microsoft BITS/7.8");
  }
}

// --- ways -------------------------------------------------------------------------

TEST_F(UploadReachTest, AProxyIsToldTheWholeAddress) {
  BitsServer proxy;
  Reach reach;
  reach.proxies = *ProxyRules::Parse(HostOf(proxy), "");
  const std::string url = "http://upload.invalid/file.bin";
  ExpectFinished(RunUpload(With(std::make_shared<const Reach>(std::move(reach)), url)));
  ASSERT_EQ(proxy.Delivered(url).size(), 1u);
  EXPECT_TRUE(proxy.Delivered(url).front() == PatternBytes(kSize));
}

TEST_F(UploadReachTest, HttpsServersAreHeldToTheRulesForCertificates) {
  options().allow_weakened_tls = true;
  WriteSource(PatternBytes(5'000'000));
  BitsServer server;
  const auto certificate = test_support::MakeCertificate(directory_.path(), "server", {});
  test_support::TlsFront front(certificate, server.port());
  Upload upload = UploadTo(front.Url("/uploads/file.bin"));
  const Failed failed = ExpectFailed(RunUpload(upload));
  EXPECT_EQ(failed.error.code, HResult::kInvalidCertAuthority);
  EXPECT_THAT(server.packets(), IsEmpty());

  JobSettings settings;
  settings.security_flags = security_flags::kIgnoreAuthority | security_flags::kIgnoreName;
  upload = UploadTo(front.Url("/uploads/file.bin"));
  upload.settings = std::make_shared<const JobSettings>(settings);
  ExpectFinished(RunUpload(upload));
  ExpectStored(server, PatternBytes(5'000'000));
}

// --- redirects --------------------------------------------------------------------

TEST_F(UploadReachTest, ARedirectToAnotherPlaceOfTheServerIsFollowed) {
  BitsServer server({}, [](const BitsPacket& packet) {
    if (packet.request->target != "/old") return BitsFault{};
    return BitsFault{Kind::kAnswer,
                     "HTTP/1.1 307 Moved\r\nContent-Length: 0\r\nLocation: "
                     "/uploads/file.bin\r\n\r\n"};
  });
  ExpectFinished(RunUpload(UploadTo(server.Url("/old"))));
  ExpectStored(server, PatternBytes(kSize));
}

TEST_F(UploadReachTest, RedirectsToOthersOrToAnotherMethodAreNotFollowed) {
  BitsServer other;
  for (const auto& [status, location] :
       {std::pair{307, other.Url()}, std::pair{308, other.Url()}, std::pair{302, std::string("/b")},
        std::pair{303, std::string("/b")}, std::pair{301, std::string("/b")}}) {
    BitsServer server({}, [status = status, location = location](const BitsPacket&) {
      return BitsFault{Kind::kAnswer, "HTTP/1.1 " + std::to_string(status) +
                                          " Moved\r\nContent-Length: 0\r\nLocation: " + location +
                                          "\r\n\r\n"};
    });
    const Failed failed =
        ExpectFailed(RunUpload(With(ReachWith(AuthScheme::kBasic), server.Url())));
    EXPECT_EQ(failed.error.code, HttpError(status));
    EXPECT_EQ(server.CountOf("Create-Session"), 1);
  }
  EXPECT_THAT(other.packets(), IsEmpty());
}

// --- BITS-Host-Id -----------------------------------------------------------------

TEST_F(UploadReachTest, TheHostThatTheServerNamesGetsTheFileAndNoSecrets) {
  BitsServer node;
  node.MakeSession("/uploads/file.bin", "", 0);
  BitsOptions options;
  options.session_lines = {"BITS-Host-Id: " + HostOf(node)};
  BitsServer front(options);
  ExpectFinished(RunUpload(With(ReachWith(AuthScheme::kBasic), front.Url())));
  ExpectStored(node, PatternBytes(kSize));
  EXPECT_THAT(front.packets(), ElementsAre("Create-Session"));
  EXPECT_EQ(node.packets().front(), "Ping");
  for (const OriginRequest& request : node.requests()) {
    EXPECT_EQ(request.headers.count("x-secret"), 0u);
    EXPECT_EQ(request.headers.count("authorization"), 0u);
  }
}

TEST_F(UploadReachTest, ANamedHostThatAsksForCredentialsGetsNone) {
  BitsServer node({}, [](const BitsPacket&) {
    return BitsFault{Kind::kAnswer, Challenge("Basic realm=\"r\"")};
  });
  BitsOptions options;
  options.session_lines = {"BITS-Host-Id: " + HostOf(node)};
  BitsServer front(options);
  const Failed failed = ExpectFailed(RunUpload(With(ReachWith(AuthScheme::kBasic), front.Url())));
  EXPECT_EQ(failed.error.code, HttpError(401));
  for (const OriginRequest& request : node.requests())
    EXPECT_EQ(request.headers.count("authorization"), 0u);
}

std::string DeadHost() {
  const BitsServer gone;
  return HostOf(gone);
}

TEST_F(UploadReachTest, ANamedHostThatIsNotThereIsTriedAgainUntilItsTimeIsOver) {
  BitsServer server;
  UploadState state;
  state.session.id = server.MakeSession("/uploads/file.bin", "", 0);
  state.session.host = DeadHost();
  state.session.host_fallback = std::chrono::hours(1);
  state.session.source = VersionOfSource();
  const Upload first = UploadTo(server.Url(), state);
  const Failed failed = ExpectFailed(RunUpload(first));
  EXPECT_EQ(failed.error.code, HResult::kCannotConnect);
  EXPECT_TRUE(failed.recoverable);
  state = StateAfter(first);
  ASSERT_TRUE(state.session.host_failing_since);
  EXPECT_THAT(server.packets(), IsEmpty());

  *state.session.host_failing_since -= std::chrono::hours(2);
  ExpectFinished(RunUpload(UploadTo(server.Url(), state)));
  EXPECT_EQ(server.Delivered().size(), 1u);
  EXPECT_EQ(server.CountOf("Create-Session"), 1);
}

TEST_F(UploadReachTest, ANamedHostWithoutATimeIsNeverGivenUp) {
  BitsServer server;
  UploadState state;
  state.session.id = "{1}";
  state.session.host = DeadHost();
  state.session.host_failing_since = std::chrono::system_clock::time_point();
  state.session.source = VersionOfSource();
  ExpectFailed(RunUpload(UploadTo(server.Url(), state)));
  EXPECT_THAT(server.packets(), IsEmpty());
}

TEST_F(UploadReachTest, DeniedAddressesAreNotReachedByAHostId) {
  options().denied_addresses = {"127.0.0.2/32"};
  BitsOptions options;
  options.session_lines = {"BITS-Host-Id: 127.0.0.2:80"};
  BitsServer front(options);
  const Failed failed = ExpectFailed(RunUpload(UploadTo(front.Url())));
  EXPECT_EQ(failed.error.context, ErrorContext::kGeneralTransport);
}

// --- replies ----------------------------------------------------------------------

BitsOptions WithReply(std::size_t size = 300'000) {
  BitsOptions options;
  options.reply = PatternBytes(size, 7);
  return options;
}

TEST_F(UploadReachTest, AReplyThatIsCutIsGoneOnWith) {
  BitsOptions options = WithReply();
  options.cut_reply = 100'000;
  BitsServer server(options);
  const Upload first = UploadReplyTo(server.Url());
  const Failed failed = ExpectFailed(RunUpload(first));
  EXPECT_TRUE(failed.recoverable);
  const UploadState state = StateAfter(first);
  EXPECT_EQ(state.offset, kSize);
  EXPECT_GT(state.reply.offset, 0u);
  EXPECT_FALSE(state.session.closed);
  ExpectFinished(RunUpload(UploadReplyTo(server.Url(), state)));
  ExpectStored(server, PatternBytes(kSize));
  EXPECT_TRUE(Reply() == options.reply);
  const auto requests = server.requests();
  const auto ranged = [](const OriginRequest& request) {
    return request.method == "GET" && request.Header("range").starts_with("bytes=");
  };
  EXPECT_EQ(std::count_if(requests.begin(), requests.end(), ranged), 1);
}

TEST_F(UploadReachTest, AnEmptyReplyIsAFile) {
  OriginServer empty(
      [](const OriginRequest&, OriginReply& reply) { reply.Head(200, {"Content-Length: 0"}); });
  BitsOptions options = WithReply();
  options.reply_url = empty.Url("/reply");
  BitsServer server(options);
  const Upload upload = UploadReplyTo(server.Url());
  ExpectFinished(RunUpload(upload));
  EXPECT_TRUE(std::filesystem::exists(directory_.path() / "BITreply.tmp"));
  EXPECT_EQ(Reply(), "");
  ExpectStored(server, PatternBytes(kSize));
}

TEST_F(UploadReachTest, AReplyOnAnotherServerIsFetchedWithoutSecrets) {
  const OriginFile file{PatternBytes(1'000, 7), "\"r\"", ""};
  OriginServer other([&file](const OriginRequest& request, OriginReply& reply) {
    support::ServeFile(file, request, reply);
  });
  BitsOptions options = WithReply();
  options.reply_url = other.Url("/reply");
  BitsServer server(options);
  Upload upload = UploadReplyTo(server.Url());
  upload.reach = ReachWith(AuthScheme::kBasic);
  ExpectFinished(RunUpload(upload));
  EXPECT_TRUE(Reply() == file.content);
  ASSERT_EQ(other.requests().size(), 1u);
  EXPECT_EQ(other.requests().front().headers.count("x-secret"), 0u);
}

TEST_F(UploadReachTest, AServerThatHasNoReplyIsAnError) {
  BitsServer server;
  const Failed failed = ExpectFailed(RunUpload(UploadReplyTo(server.Url())));
  EXPECT_EQ(failed.error.code, HResult::kInvalidServerResponse);
  EXPECT_FALSE(failed.recoverable);
}

TEST_F(UploadReachTest, AnAddressOfTheReplyThatCannotBeUsedIsAnError) {
  BitsOptions options = WithReply();
  options.reply_url = "file:///etc/passwd";
  BitsServer server(options);
  const Failed failed = ExpectFailed(RunUpload(UploadReplyTo(server.Url())));
  EXPECT_EQ(failed.error.code, HResult::kInvalidServerReply);
}

TEST_F(UploadReachTest, TheAddressOfTheReplyIsAskedForAgainWhenItsAckWasLost) {
  for (const bool overlap : {true, false}) {
    BitsOptions options = WithReply();
    options.takes_overlap = overlap;
    BitsServer server(options, [](const BitsPacket& packet) {
      const bool last = packet.type == "Fragment" && packet.number == 4;
      return BitsFault{last ? Kind::kCutBeforeAck : Kind::kNone};
    });
    ExpectFinished(RunToEnd(UploadReplyTo(server.Url())));
    ExpectStored(server, PatternBytes(kSize));
    EXPECT_TRUE(Reply() == options.reply);
  }
}

TEST_F(UploadReachTest, AnAddressThatIsNotRepeatedTakesAnotherSession) {
  BitsOptions options = WithReply();
  options.takes_overlap = false;
  options.repeats_reply_url = false;
  BitsServer server(options, [](const BitsPacket& packet) {
    const bool last = packet.type == "Fragment" && packet.number == 4;
    return BitsFault{last ? Kind::kCutBeforeAck : Kind::kNone};
  });
  ExpectFinished(RunToEnd(UploadReplyTo(server.Url())));
  EXPECT_TRUE(Reply() == options.reply);
  EXPECT_EQ(server.CountOf("Create-Session"), 2);
}

TEST_F(UploadReachTest, StopInTheReplyKeepsWhatIsDurable) {
  std::atomic<bool> stalls = true;
  const OriginFile file{PatternBytes(300'000, 7), "\"r\"", ""};
  OriginServer slow([&](const OriginRequest& request, OriginReply& reply) {
    if (!stalls) return support::ServeFile(file, request, reply);
    reply.Head(200, {"Content-Length: 300000", "ETag: \"r\""});
    reply.Send(file.content.substr(0, 150'000));
    reply.Stall();
  });
  BitsOptions options = WithReply();
  options.reply_url = slow.Url("/reply");
  BitsServer server(options);
  const Upload upload = UploadReplyTo(server.Url());
  this->options().checkpoint_interval = std::chrono::milliseconds(10);
  this->options().stall_timeout = std::chrono::seconds(20);
  transfers().Start(upload);
  ASSERT_TRUE(events().WaitUntil(upload.id, [](const auto& all) {
    for (const Event& event : all) {
      const auto* advanced = std::get_if<UploadAdvanced>(&event);
      if (advanced != nullptr && advanced->state.reply.offset > 0) return true;
    }
    return false;
  }));
  transfers().Stop(upload.id);
  const auto end = events().WaitForEnd(upload.id);
  ASSERT_TRUE(end && std::holds_alternative<Stopped>(*end));
  stalls = false;
  const UploadState state = StateAfter(upload);
  EXPECT_GT(state.reply.offset, 0u);
  ExpectFinished(RunUpload(UploadReplyTo(server.Url(), state)));
  EXPECT_TRUE(Reply() == file.content);
  ExpectStored(server, PatternBytes(kSize));
}

// --- sharing ----------------------------------------------------------------------

TEST_F(UploadReachTest, ALimitHoldsForWhatIsSent) {
  options().bandwidth.rates[static_cast<std::size_t>(RateClass::kTotal)] = 500'000;
  BitsServer server;
  const auto begun = std::chrono::steady_clock::now();
  ExpectFinished(RunUpload(UploadTo(server.Url())));
  EXPECT_GT(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(600));
  ExpectStored(server, PatternBytes(kSize));
}

TEST_F(UploadReachTest, UploadsWithoutMemoryWaitForEachOther) {
  options().buffer_pool_bytes = 1;
  std::vector<Upload> uploads;
  BitsServer server;
  for (int i = 0; i < 4; ++i) {
    uploads.push_back(UploadTo(server.Url("/uploads/" + std::to_string(i))));
    transfers().Start(uploads.back());
  }
  for (int i = 0; i < 4; ++i) {
    const auto end = events().WaitForEnd(uploads[static_cast<std::size_t>(i)].id);
    ASSERT_TRUE(end);
    ExpectFinished(*end);
    ASSERT_EQ(server.Delivered("/uploads/" + std::to_string(i)).size(), 1u);
    EXPECT_TRUE(server.Delivered("/uploads/" + std::to_string(i)).front() == PatternBytes(kSize));
  }
}

TEST_F(UploadReachTest, ShutdownStopsUploads) {
  BitsServer server({}, [](const BitsPacket& packet) {
    return BitsFault{packet.type == "Fragment" && packet.number == 2 ? Kind::kStall : Kind::kNone};
  });
  const Upload upload = UploadTo(server.Url());
  transfers().Start(upload);
  ASSERT_TRUE(events().WaitUntil(upload.id,
                                 [](const auto& all) { return Count<UploadAdvanced>(all) == 2; }));
  EndThreads();
  const auto all = events().Of(upload.id);
  ASSERT_FALSE(all.empty());
  ASSERT_TRUE(std::holds_alternative<Stopped>(all.back()));
  EXPECT_THAT(std::get<Stopped>(all.back()).state.offset, Gt(0u));
}

}  // namespace
}  // namespace engine::transfer
