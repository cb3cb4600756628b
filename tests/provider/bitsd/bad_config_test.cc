// What is said about each mistake in a configuration.
#include <gtest/gtest.h>

#include <ostream>

#include "tests/provider/bitsd/config_for_test.h"

namespace bitsd {
namespace {

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

}  // namespace
}  // namespace bitsd
