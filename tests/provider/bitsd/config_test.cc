#include "provider/bitsd/config.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

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

ConfigResult<Config> Parse(std::string_view text) {
  return ParseConfig(text, "/etc/x/bitsd.toml",
                     {.system_state_is_ours = true, .xdg_state_home = {}, .home = {}});
}

std::string ErrorOf(std::string_view text) {
  const auto config = Parse(text);
  return config ? "accepted" : config.error();
}

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

struct BadFile {
  const char* text;
  const char* error;
};

void PrintTo(const BadFile& file, std::ostream* out) { *out << file.text; }

class BadConfigTest : public testing::TestWithParam<BadFile> {};

TEST_P(BadConfigTest, IsRefusedWithThisSentence) {
  EXPECT_EQ(ErrorOf(GetParam().text), std::string("/etc/x/bitsd.toml:") + GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Files, BadConfigTest,
    testing::Values(
        BadFile{"[server]\n  htpp = []",
                "2:3: there is no setting server.htpp; docs/configuration.md lists them all"},
        BadFile{"\n[srever]\nhttp = []",
                "2:2: there is no section srever; docs/configuration.md lists them all"},
        BadFile{"http = []", "1:1: there is no section http; docs/configuration.md lists them all"},
        BadFile{"server = 1", "1:1: server is a section; write [server] and its settings below it"},
        BadFile{"[server]\nhttp = \"127.0.0.1:5985\"",
                "2:8: server.http must be a list of texts, as in [\"a\", \"b\"]"},
        BadFile{"[server]\nhttp = [1]",
                "2:8: server.http must be a list of texts, as in [\"a\", \"b\"]"},
        BadFile{"[server]\nhttp = [\"127.0.0.1\"]",
                "2:8: server.http may contain addresses with a port, as in \"127.0.0.1:5985\" or "
                "\"[::1]:0\", not \"127.0.0.1\""},
        BadFile{"[server]\nhttp = [\"::1:5985\"]",
                "2:8: server.http may contain addresses with a port, as in \"127.0.0.1:5985\" or "
                "\"[::1]:0\", not \"::1:5985\""},
        BadFile{"[server]\nhttp = [\"a:65536\"]",
                "2:8: server.http may contain addresses with a port, as in \"127.0.0.1:5985\" or "
                "\"[::1]:0\", not \"a:65536\""},
        BadFile{"[server]\nhttps = [\"127.0.0.1:5986\"]",
                " server.https needs server.tls_certificate and server.tls_key"},
        BadFile{
            "[server]\nhttp = []",
            " server.http, server.https and server.local_socket are all empty; name at least one "
            "address"},
        BadFile{"[server]\nallow_unencrypted = 1",
                "2:21: server.allow_unencrypted must be true or false"},
        BadFile{"[server]\nmax_envelope_bytes = 8191",
                "2:22: server.max_envelope_bytes must be 8192 to 16777216 bytes, not 8191"},
        BadFile{"[server]\nmax_envelope_bytes = 16777217",
                "2:22: server.max_envelope_bytes must be 8192 to 16777216 bytes, not 16777217"},
        BadFile{"[server]\nmax_envelope_bytes = \"1MB\"",
                "2:22: server.max_envelope_bytes must be a number of bytes or a size, as in "
                "\"64MiB\""},
        BadFile{"[server]\ntls_key = 1", "2:11: server.tls_key must be a path in quotes"},
        BadFile{"[paths]\numask = \"0100\"",
                "2:9: paths.umask must be octal digits in quotes, \"0000\" to \"0077\""},
        BadFile{"[paths]\numask = \"0078\"",
                "2:9: paths.umask must be octal digits in quotes, \"0000\" to \"0077\""},
        BadFile{"[paths]\numask = \"\"",
                "2:9: paths.umask must be octal digits in quotes, \"0000\" to \"0077\""},
        BadFile{"[paths]\numask = 22",
                "2:9: paths.umask must be octal digits in quotes, \"0000\" to \"0077\""},
        BadFile{"[auth]\nschemes = [\"digest\"]",
                "2:11: auth.schemes may contain \"basic\", \"negotiate\", \"kerberos\", "
                "\"certificate\", not \"digest\""},
        BadFile{"[auth]\nschemes = [\"certificate\"]",
                " auth.schemes must contain \"basic\", \"negotiate\", \"kerberos\" together with "
                "auth.keytab, or \"certificate\" together with server.https and server.client_ca"},
        BadFile{"[auth]\nschemes = [\"kerberos\"]",
                " auth.schemes must contain \"basic\", \"negotiate\", \"kerberos\" together with "
                "auth.keytab, or \"certificate\" together with server.https and server.client_ca"},
        BadFile{"[auth]\npam_service = \"/etc/pam.d/bitsd\"",
                " auth.pam_service names a file in /etc/pam.d, without the folder"},
        BadFile{"[server]\nclient_crl = \"crl.pem\"",
                " server.client_crl needs server.client_ca, whose certificates it revokes"},
        BadFile{"[auth]\nusers_file = \"\"", " auth.users_file is empty; name a file"},
        BadFile{"[roles]\nviewer = [\"alice\"]",
                "2:10: roles.viewer has an entry that is wrong: \"alice\" names nobody; write "
                "user:NAME, group:NAME or certificate:NAME"},
        BadFile{"[limits]\nmax_connections = 0",
                "2:19: limits.max_connections must be 1 to 100000, not 0"},
        BadFile{"[limits]\nmax_connections = 100001",
                "2:19: limits.max_connections must be 1 to 100000, not 100001"},
        BadFile{"[limits]\nmax_connections = -1",
                "2:19: limits.max_connections must be 1 to 100000, not -1"},
        BadFile{"[limits]\nmax_connections = 1.5",
                "2:19: limits.max_connections must be a whole number"},
        BadFile{"[paths]\ndrives = { CC = \"x\" }",
                "2:10: paths.drives must map each drive letter once to a directory, as in "
                "{ C = \"drives/c\" }"},
        BadFile{"[paths]\ndrives = { C = \"x\", c = \"y\" }",
                "2:10: paths.drives must map each drive letter once to a directory, as in "
                "{ C = \"drives/c\" }"},
        BadFile{"[paths]\nshares = { 'server' = \"x\" }",
                "2:10: paths.shares must map each share once to a directory, as in "
                "{ '\\\\server\\share' = \"shares/s\" }"},
        BadFile{"[transfers]\ndenied_addresses = [\"10.0.0.0/33\"]",
                "2:20: transfers.denied_addresses has an entry that is wrong: '10.0.0.0/33' is no "
                "network; write it as \"10.0.0.0/8\" or \"fe80::/10\""},
        BadFile{"[server]\nnames = [\"bits:5985\"]",
                "2:9: server.names may contain host names such as \"bits.example.org\" only, not "
                "\"bits:5985\""},
        BadFile{"[paths]\nroots = [\"srv\"]",
                "2:9: paths.roots may contain absolute paths only, not \"srv\""},
        BadFile{"[jobs]\ninactivity_timeout = 90",
                "2:22: jobs.inactivity_timeout must be a duration in whole seconds, as in "
                "\"300s\", \"5m\", \"12h\" or \"90d\""},
        BadFile{"[jobs]\ninactivity_timeout = \"1500ms\"",
                "2:22: jobs.inactivity_timeout must be a duration in whole seconds, as in "
                "\"300s\", \"5m\", \"12h\" or \"90d\""},
        BadFile{"[jobs]\ninactivity_timeout = \"0s\"",
                "2:22: jobs.inactivity_timeout must be 1s to 3650d, not 0s"},
        BadFile{"[transfers]\nquick_window = \"x\"",
                "2:16: transfers.quick_window must be a duration, as in \"250ms\", \"10s\" or "
                "\"5m\""},
        BadFile{"[transfers]\nuser_agent = \"a\\nb\"",
                "2:14: transfers.user_agent must not contain control characters"},
        BadFile{"[bandwidth]\ntotal = -1",
                "2:9: bandwidth.total must be a whole number of kbit/s, or a text such as "
                "\"500kbit\", \"20Mbit\" or \"1Gbit\""},
        BadFile{"[bandwidth]\ntotal = \"2MiB\"",
                "2:9: bandwidth.total must be a whole number of kbit/s, or a text such as "
                "\"500kbit\", \"20Mbit\" or \"1Gbit\""},
        BadFile{"[bandwidth]\ntotal = 4294967201",
                "2:9: bandwidth.total must be 0 to 4294967200 kbit/s, not 4294967201"},
        BadFile{"[bandwidth]\ntotal = \"5000Gbit\"",
                "2:9: bandwidth.total must be 0 to 4294967200 kbit/s, not 5000000000"},
        BadFile{"[bandwidth]\nschedule = 5",
                "2:12: bandwidth.schedule must be a list of periods, as in [{ from = \"08:00\", to "
                "= \"17:00\", background = 1000 }]"},
        BadFile{"[bandwidth]\nschedule = [{ days = [\"mo\"], low = 1 }]",
                "2:12: bandwidth.schedule has a period whose days must be a list of days or spans "
                "of days, as in [\"mon-fri\"] or [\"sat\", \"sun\"]"},
        BadFile{"[bandwidth]\nschedule = [{ to = \"24:01\", low = 1 }]",
                "2:12: bandwidth.schedule has a period whose to must be a time of day from "
                "\"00:00\" to \"24:00\""},
        BadFile{"[bandwidth]\nschedule = [{ from = \"08:00\", to = \"08:00\", low = 1 }]",
                "2:12: bandwidth.schedule has a period that is empty: its to must differ from its "
                "from; the end of a day is \"24:00\""},
        BadFile{
            "[bandwidth]\nschedule = [{ from = \"24:00\", to = \"08:00\", low = 1 }]",
            "2:12: bandwidth.schedule has a period whose from is \"24:00\"; write \"00:00\" and "
            "the day after"},
        BadFile{"[bandwidth]\nschedule = [{ from = \"08:00\" }]",
                "2:12: bandwidth.schedule has a period without a rate; give it one of total, "
                "foreground, background, high, normal, low"},
        BadFile{"[bandwidth]\nschedule = [{ lo = 1 }]",
                "2:12: bandwidth.schedule has a period whose lo is unknown; a period has days, "
                "from, to, total, foreground, background, high, normal, low"},
        BadFile{"[log]\nlevel = \"loud\"",
                "2:9: log.level must be one of \"debug\", \"info\", \"warning\", \"error\""}));

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
