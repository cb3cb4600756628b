#include "provider/bitsd/config.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/provider/bitsd/config_for_test.h"
#include "tests/provider/bitsd/temporary_folder.h"

namespace bitsd {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::StartsWith;

namespace fs = std::filesystem;

TEST(ConfigTest, AnEmptyFileGivesTheDefaults) {
  const auto config = Parse("");
  ASSERT_TRUE(config) << config.error();
  EXPECT_THAT(config->server.http, ElementsAre("127.0.0.1:5985"));
  EXPECT_THAT(config->server.https, IsEmpty());
  EXPECT_FALSE(config->server.allow_unencrypted);
  EXPECT_TRUE(config->dispatcher.anonymous_identify);
  EXPECT_EQ(config->dispatcher.max_envelope_bytes, 512'000u);
  EXPECT_EQ(config->server.limits.body_bytes, 512'000u);
  EXPECT_EQ(config->endpoints_file, "");
  EXPECT_EQ(config->users_file, "/etc/x/users");
  EXPECT_EQ(config->engine.state_directory, "/var/lib/bitsd");
  EXPECT_THAT(config->engine.paths.drives, ElementsAre(Pair("C", "/var/lib/bitsd/drives/c")));
  EXPECT_TRUE(config->engine.paths.create_directories);
  EXPECT_EQ(config->engine.paths.umask, 0077U);
  EXPECT_FALSE(config->start_on_create);
  EXPECT_TRUE(config->engine.uploads);
  EXPECT_EQ(config->engine.limits.jobs_per_user, 60u);
  EXPECT_EQ(config->engine.limits.jobs_per_machine, 300u);
  EXPECT_EQ(config->engine.limits.files_per_job, 200u);
  EXPECT_EQ(config->engine.inactivity_timeout, seconds(90 * 86'400));
  EXPECT_EQ(config->engine.transfers.max_background, 1u);
  EXPECT_EQ(config->engine.transfers.max_foreground, 16u);
  EXPECT_EQ(config->engine.transfers.time_slice, seconds(300));
}

TEST(ConfigTest, EverySettingArrivesWhereItIsUsed) {
  const auto config = Parse(R"(
[server]
http = []
https = ["0.0.0.0:5986", "[::1]:0"]
names = ["bits.example.org", "bits"]
tls_certificate = "tls/cert.pem"
tls_key = "/keys/key.pem"
client_ca = "ca.pem"
endpoints_file = "../run/endpoints.json"
allow_unencrypted = true
anonymous_identify = false
max_envelope_bytes = "64KiB"
max_operation_timeout = "30s"
threads = 3
[auth]
users_file = "people"
schemes = ["basic"]
keytab = "http.keytab"
kerberos_realm = "EXAMPLE.COM"
[roles]
administrator = ["user:alice"]
operator = ["group:staff", "user:bob"]
viewer = ["certificate:x"]
[limits]
max_connections = 10
max_connections_per_source = 4
max_unauthenticated_connections = 5
max_waiting_connections = 6
[state]
directory = "state"
[paths]
drives = { c = "drives/c", D = "/srv/d" }
shares = { '\\server\share' = "shares/s" }
roots = ["/srv/in/", "/srv/out"]
create_directories = false
umask = "0022"
[jobs]
start_on_create = true
viewers_see = "all"
uploads = "off"
max_per_user = 7
max_per_machine = 8
max_files = 9
max_ranges = 11
inactivity_timeout = "12h"
[transfers]
max_background = 2
max_foreground = 3
time_slice = "5m"
files_per_job = 9
max_connections_per_host = 6
background_yields = false
connect_timeout = "7s"
stall_timeout = "8s"
quick_tries = 0
quick_window = "250ms"
checkpoint_bytes = "1MiB"
checkpoint_interval = "1500ms"
buffer_pool_bytes = 8388608
ca_file = "roots.pem"
crl_file = "revoked.pem"
denied_addresses = ["127.0.0.0/8", "::1"]
user_agent = "x/1"
[bandwidth]
total = "1Gbit"
foreground = "20Mbit"
background = 1000
high = "3kbit"
normal = 2
low = ""
schedule = [
  { days = ["mon-fri"], from = "08:00", to = "17:00", background = 1, low = 0 },
  { to = "24:00", total = "4294967200kbit" },
]
[log]
level = "debug"
)");
  ASSERT_TRUE(config) << config.error();
  EXPECT_THAT(config->server.http, IsEmpty());
  EXPECT_THAT(config->server.https, ElementsAre("0.0.0.0:5986", "[::1]:0"));
  EXPECT_EQ(config->server.tls_certificate, "/etc/x/tls/cert.pem");
  EXPECT_EQ(config->server.tls_key, "/keys/key.pem");
  EXPECT_EQ(config->server.client_ca, "/etc/x/ca.pem");
  EXPECT_EQ(config->endpoints_file, "/etc/run/endpoints.json");
  EXPECT_TRUE(config->server.allow_unencrypted);
  EXPECT_FALSE(config->dispatcher.anonymous_identify);
  EXPECT_EQ(config->dispatcher.max_envelope_bytes, 65'536u);
  EXPECT_EQ(config->server.limits.body_bytes, 65'536u);
  EXPECT_EQ(config->dispatcher.max_operation_timeout, seconds(30));
  EXPECT_EQ(config->server.threads, 3u);
  EXPECT_EQ(config->users_file, "/etc/x/people");
  EXPECT_THAT(config->schemes, ElementsAre("basic"));
  EXPECT_EQ(config->keytab, "/etc/x/http.keytab");
  EXPECT_EQ(config->kerberos_realm, "EXAMPLE.COM");
  EXPECT_EQ(config->roles.administrators.at(0).name, "alice");
  EXPECT_EQ(config->roles.operators.at(0).kind, provider::RoleEntry::Kind::kGroup);
  EXPECT_EQ(config->roles.operators.at(1).name, "bob");
  EXPECT_EQ(config->roles.viewers.at(0).kind, provider::RoleEntry::Kind::kCertificate);
  EXPECT_EQ(config->server.limits.connections, 10u);
  EXPECT_EQ(config->server.limits.connections_per_source, 4u);
  EXPECT_EQ(config->server.limits.unauthenticated_connections, 5u);
  EXPECT_EQ(config->server.limits.waiting_connections, 6u);
  EXPECT_EQ(config->engine.state_directory, "/etc/x/state");
  EXPECT_THAT(config->engine.paths.drives,
              ElementsAre(Pair("C", "/etc/x/state/drives/c"), Pair("D", "/srv/d")));
  EXPECT_THAT(config->engine.paths.shares,
              ElementsAre(Pair(R"(\\SERVER\SHARE)", "/etc/x/state/shares/s")));
  EXPECT_THAT(config->engine.paths.roots, ElementsAre("/srv/in/", "/srv/out"));
  EXPECT_FALSE(config->engine.paths.create_directories);
  EXPECT_EQ(config->engine.paths.umask, 0022U);
  EXPECT_TRUE(config->start_on_create);
  EXPECT_EQ(config->viewers_see, "all");
  EXPECT_FALSE(config->engine.uploads);
  EXPECT_THAT(config->server.limits.names, ElementsAre("bits.example.org", "bits"));
  EXPECT_EQ(config->engine.limits.jobs_per_user, 7u);
  EXPECT_EQ(config->engine.limits.jobs_per_machine, 8u);
  EXPECT_EQ(config->engine.limits.files_per_job, 9u);
  EXPECT_EQ(config->engine.limits.ranges_per_file, 11u);
  EXPECT_EQ(config->engine.inactivity_timeout, seconds(43'200));
  const engine::TransferOptions& transfers = config->engine.transfers;
  EXPECT_EQ(transfers.max_background, 2u);
  EXPECT_EQ(transfers.max_foreground, 3u);
  EXPECT_EQ(transfers.time_slice, seconds(300));
  EXPECT_EQ(transfers.files_per_job, 9u);
  EXPECT_EQ(transfers.max_connections_per_host, 6u);
  EXPECT_FALSE(transfers.background_yields);
  EXPECT_EQ(transfers.connect_timeout, seconds(7));
  EXPECT_EQ(transfers.stall_timeout, seconds(8));
  EXPECT_EQ(config->engine.retry.quick_tries, 0);
  EXPECT_EQ(config->engine.retry.quick_window, milliseconds(250));
  EXPECT_EQ(transfers.checkpoint_bytes, 1u << 20);
  EXPECT_EQ(transfers.checkpoint_interval, milliseconds(1'500));
  EXPECT_EQ(transfers.buffer_pool_bytes, 8u << 20);
  EXPECT_EQ(transfers.ca_file, "/etc/x/roots.pem");
  EXPECT_EQ(transfers.crl_file, "/etc/x/revoked.pem");
  EXPECT_THAT(transfers.denied_addresses, ElementsAre("127.0.0.0/8", "::1"));
  EXPECT_EQ(transfers.user_agent, "x/1");
  EXPECT_EQ(transfers.bandwidth.rates,
            (engine::Rates{125'000'000, 2'500'000, 125'000, 375, 250, 0}));
  using engine::BandwidthPeriod;
  using std::chrono::hours;
  EXPECT_THAT(
      transfers.bandwidth.periods,
      ElementsAre(BandwidthPeriod{0b0111110, hours(8), hours(17), {{{}, {}, 125, {}, {}, 0}}},
                  BandwidthPeriod{0b1111111, hours(0), hours(24), {{536'870'900'000}}}));
  EXPECT_EQ(config->log_level, "debug");
}

TEST(ConfigTest, BrokenTomlIsReportedWithItsPlace) {
  EXPECT_THAT(ErrorOf("[server]\nhttp = [\n"), StartsWith("/etc/x/bitsd.toml:"));
  EXPECT_THAT(ErrorOf("[server\n"), StartsWith("/etc/x/bitsd.toml:1:"));
  EXPECT_NE(ErrorOf("[jobs]\nmax_files = 1\nmax_files = 2"), "accepted");
}

TEST(ConfigTest, LimitsAreInclusive) {
  EXPECT_EQ(ErrorOf("[server]\nmax_envelope_bytes = 8192"), "accepted");
  EXPECT_EQ(ErrorOf("[server]\nmax_envelope_bytes = \"16MiB\""), "accepted");
  EXPECT_EQ(ErrorOf("[limits]\nmax_connections = 1"), "accepted");
  EXPECT_EQ(ErrorOf("[limits]\nmax_connections = 100000"), "accepted");
  EXPECT_EQ(ErrorOf("[jobs]\ninactivity_timeout = \"1s\""), "accepted");
  EXPECT_EQ(ErrorOf("[jobs]\ninactivity_timeout = \"3650d\""), "accepted");
  EXPECT_EQ(ErrorOf("[bandwidth]\nlow = 4294967200"), "accepted");
  EXPECT_EQ(ErrorOf("[bandwidth]\nschedule = [{ from = \"23:59\", to = \"00:00\", low = 1 }]"),
            "accepted");
}

TEST(ConfigTest, AScheduleHasAHundredPeriodsAtMost) {
  const auto error_with = [](std::size_t count) {
    std::string text = "[bandwidth]\nschedule = [";
    for (std::size_t i = 0; i < count; ++i) text += "{ low = 1 },";
    return ErrorOf(text + "]");
  };
  EXPECT_EQ(error_with(99), "accepted");
  EXPECT_EQ(error_with(100), "accepted");
  EXPECT_THAT(error_with(101), HasSubstr("may have 100 periods at most, not 101"));
}

TEST(ConfigTest, TheStateDirectoryOfAUserIsBelowTheirHome) {
  const auto directory = [](const Surroundings& surroundings) {
    return ParseConfig("", "/f", surroundings)->engine.state_directory;
  };
  EXPECT_EQ(directory({true, "/xdg", "/home/u"}), "/var/lib/bitsd");
  EXPECT_EQ(directory({false, "/xdg", "/home/u"}), "/xdg/bitsd");
  EXPECT_EQ(directory({false, std::nullopt, "/home/u"}), "/home/u/.local/state/bitsd");
  EXPECT_EQ(directory({false, std::nullopt, std::nullopt}), "/var/lib/bitsd");
}

TEST(ConfigTest, TheServiceHasALocalSocketAndADevelopmentRunHasNone) {
  const Surroundings service{true, std::nullopt, std::nullopt, "/run/bitsd"};
  const auto socket = [&service](const std::string& text, bool as_service) {
    return ParseConfig(text, "/etc/bitsd/f", as_service ? service : Surroundings{})->server.local;
  };
  EXPECT_EQ(socket("", true), "/run/bitsd/bitsd.sock");
  EXPECT_EQ(socket("", false), "");
  EXPECT_EQ(socket("[server]\nlocal_socket = \"auto\"", true), "/run/bitsd/bitsd.sock");
  EXPECT_EQ(socket("[server]\nlocal_socket = \"\"", true), "");
  EXPECT_EQ(socket("[server]\nlocal_socket = \"/a/b.sock\"", true), "/a/b.sock");
  EXPECT_EQ(socket("[server]\nlocal_socket = \"b.sock\"", false), "/etc/bitsd/b.sock");
}

TEST(ConfigTest, ALocalSocketIsAddressEnough) {
  EXPECT_TRUE(Parse("[server]\nhttp = []\nlocal_socket = \"/a\""));
  EXPECT_THAT(Parse("[server]\nlocal_socket = \"/a\"")->warnings,
              ElementsAre(HasSubstr("but for those of root and of bitsd's own account")));
}

TEST(ConfigTest, WarnsOfWhatAnOperatorShouldKnow) {
  EXPECT_THAT(Parse("")->warnings, ElementsAre(HasSubstr("no role is given")));
  EXPECT_THAT(Parse("[auth]\nschemes = [\"basic\"]")->warnings,
              ElementsAre(HasSubstr("no role is given"), HasSubstr("answer Identify only")));
  EXPECT_THAT(
      Parse("[server]\nallow_unencrypted = true\n[roles]\noperator = [\"user:a\"]")->warnings,
      IsEmpty());
  const std::string viewer = "[server]\nallow_unencrypted = true\n[roles]\nviewer = [\"user:a\"]\n";
  EXPECT_THAT(Parse(viewer)->warnings, ElementsAre(HasSubstr("jobs.viewers_see to \"all\"")));
  EXPECT_THAT(Parse(viewer + "[jobs]\nviewers_see = \"all\"")->warnings, IsEmpty());
  EXPECT_THAT(Parse("[server]\nallow_unencrypted = true\n[roles]\noperator = [\"certificate:a\"]")
                  ->warnings,
              ElementsAre(HasSubstr("client certificates are not asked for")));
  EXPECT_THAT(Parse("[server]\nhttps = [\"[::]:5986\"]\ntls_certificate = \"c\"\ntls_key = \"k\"\n"
                    "client_ca = \"ca\"\n[roles]\noperator = [\"certificate:a\"]")
                  ->warnings,
              IsEmpty());
}

TEST(ConfigTest, WarnsOfKerberosSettingsWithoutEffect) {
  const std::string roles = "[roles]\noperator = [\"user:a\"]\n[auth]\n";
  EXPECT_THAT(Parse(roles + "keytab = \"k\"")->warnings, IsEmpty());
  EXPECT_THAT(Parse(roles + "keytab = \"k\"\nschemes = [\"kerberos\"]")->warnings, IsEmpty());
  EXPECT_THAT(Parse(roles + "keytab = \"k\"\nschemes = [\"negotiate\"]")->warnings,
              ElementsAre(HasSubstr("auth.keytab has no effect")));
  EXPECT_THAT(Parse(roles + "kerberos_realm = \"R\"")->warnings,
              ElementsAre(HasSubstr("auth.kerberos_realm has no effect")));
}

TEST(ConfigTest, WhatIsPrintedReadsBackTheSame) {
  const auto config = Parse(R"(
[server]
endpoints_file = "e \"quoted\".json"
[roles]
operator = ["group:staff"]
[paths]
drives = { C = "c", D = "d" }
shares = { '\\a\b' = "s" }
roots = ["/srv"]
[transfers]
quick_window = "250ms"
[bandwidth]
low = 8
schedule = [{ days = ["fri-mon"], from = "22:30", to = "06:05", total = 0, low = "2Mbit" }])");
  ASSERT_TRUE(config) << config.error();
  const std::string text = PrintConfig(*config);
  const auto again = Parse(text);
  ASSERT_TRUE(again) << again.error() << text;
  EXPECT_EQ(PrintConfig(*again), text);
  EXPECT_EQ(again->engine.paths.shares, config->engine.paths.shares);
  EXPECT_EQ(again->engine.transfers.bandwidth.periods, config->engine.transfers.bandwidth.periods);
  EXPECT_EQ(again->endpoints_file, config->endpoints_file);
  EXPECT_EQ(again->roles.operators.at(0).name, "staff");
}

TEST(ConfigTest, EverySettingIsPrinted) {
  const std::string text = PrintConfig(*Parse(""));
  for (const Setting& setting : AllSettings()) {
    const std::string_view name = setting.name.substr(setting.name.find('.') + 1);
    EXPECT_THAT(text, HasSubstr("\n" + std::string(name) + " = "));
  }
}

class ConfigFileTest : public testing::Test {
 protected:
  ConfigFileTest() { std::ofstream(File()) << "[roles]\nviewer = [\"user:a\"]\n"; }
  fs::path File() const { return folder_.path() / "bitsd.toml"; }

  TemporaryFolder folder_;
};

TEST_F(ConfigFileTest, RelativePathsStartAtTheFilesFolder) {
  const auto config = LoadConfig(File());
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ(config->users_file, folder_.path() / "users");
}

TEST_F(ConfigFileTest, AFileThatEveryoneMayWriteIsRefused) {
  chmod(File().c_str(), 0602);
  EXPECT_EQ(LoadConfig(File()).error(), "everyone may write the configuration " + File().string() +
                                            "; run: chmod o-w " + File().string());
  chmod(File().c_str(), 0664);
  EXPECT_TRUE(LoadConfig(File()));
}

TEST_F(ConfigFileTest, AMissingFileAndAFolderAreNamed) {
  EXPECT_EQ(LoadConfig(folder_.path() / "none").error(),
            "cannot read the configuration " + (folder_.path() / "none").string() +
                ": No such file or directory; name another file with --config");
  EXPECT_THAT(LoadConfig(folder_.path()).error(), EndsWith("is not a file"));
}

}  // namespace
}  // namespace bitsd
