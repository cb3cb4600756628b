#include "provider/bitsd/config_keys.h"

#include <array>

namespace bitsd {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

constexpr std::uint64_t kKiB = 1ull << 10;
constexpr std::uint64_t kMiB = 1ull << 20;
constexpr std::uint64_t kGiB = 1ull << 30;
constexpr std::chrono::seconds kDay = 24h;

constexpr auto kSchemes =
    std::to_array<std::string_view>({"basic", "negotiate", "kerberos", "certificate"});
constexpr auto kBindings = std::to_array<std::string_view>({"none", "relaxed", "strict"});
constexpr auto kViewersSee = std::to_array<std::string_view>({"all", "own"});
constexpr auto kUploads = std::to_array<std::string_view>({"on", "off"});
constexpr auto kLevels = std::to_array<std::string_view>({"debug", "info", "warning", "error"});

template <engine::RateClass kind>
std::uint64_t& RateOf(Config& config) {
  return config.engine.transfers.bandwidth.rates[static_cast<std::size_t>(kind)];
}

// clang-format off
constexpr auto kKeys = std::to_array<Key>({
    {"server.http", Addresses{[](Config& c) -> auto& { return c.server.http; }}},
    {"server.https", Addresses{[](Config& c) -> auto& { return c.server.https; }}},
    {"server.local_socket", Path{[](Config& c) -> auto& { return c.server.local; }}},
    {"server.names", Names{[](Config& c) -> auto& { return c.server.limits.names; }}},
    {"server.tls_certificate", Path{[](Config& c) -> auto& { return c.server.tls_certificate; }}},
    {"server.tls_key", Path{[](Config& c) -> auto& { return c.server.tls_key; }}},
    {"server.client_ca", Path{[](Config& c) -> auto& { return c.server.client_ca; }}},
    {"server.client_crl", Path{[](Config& c) -> auto& { return c.server.client_crl; }}},
    {"server.endpoints_file", Path{[](Config& c) -> auto& { return c.endpoints_file; }}},
    {"server.allow_unencrypted", Flag{[](Config& c) -> auto& { return c.server.allow_unencrypted; }}},
    {"server.anonymous_identify", Flag{[](Config& c) -> auto& { return c.dispatcher.anonymous_identify; }}},
    {"server.max_envelope_bytes", Bytes{[](Config& c) -> auto& { return c.dispatcher.max_envelope_bytes; }, 8 * kKiB, 16 * kMiB}},
    {"server.max_operation_timeout", Milliseconds{[](Config& c) -> auto& { return c.dispatcher.max_operation_timeout; }, 1s, 600s}},
    {"server.threads", Count{[](Config& c) -> auto& { return c.http_threads; }, 0, 256}},
    {"auth.users_file", Path{[](Config& c) -> auto& { return c.users_file; }}},
    {"auth.certificates_file", Path{[](Config& c) -> auto& { return c.certificates_file; }}},
    {"auth.schemes", Choices{[](Config& c) -> auto& { return c.schemes; }, kSchemes}},
    {"auth.pam_service", Text{[](Config& c) -> auto& { return c.pam_service; }}},
    {"auth.system_groups", Flag{[](Config& c) -> auto& { return c.system_groups; }}},
    {"auth.keytab", Path{[](Config& c) -> auto& { return c.keytab; }}},
    {"auth.kerberos_realm", Text{[](Config& c) -> auto& { return c.kerberos_realm; }}},
    {"auth.channel_binding", Choice{[](Config& c) -> auto& { return c.channel_binding; }, kBindings}},
    {"roles.administrator", RoleList{[](Config& c) -> auto& { return c.roles.administrators; }}},
    {"roles.operator", RoleList{[](Config& c) -> auto& { return c.roles.operators; }}},
    {"roles.viewer", RoleList{[](Config& c) -> auto& { return c.roles.viewers; }}},
    {"limits.max_connections", Count{[](Config& c) -> auto& { return c.server.limits.connections; }, 1, 100'000}},
    {"limits.max_connections_per_source", Count{[](Config& c) -> auto& { return c.server.limits.connections_per_source; }, 1, 100'000}},
    {"limits.max_unauthenticated_connections", Count{[](Config& c) -> auto& { return c.server.limits.unauthenticated_connections; }, 1, 100'000}},
    {"limits.max_waiting_connections", Count{[](Config& c) -> auto& { return c.server.limits.waiting_connections; }, 1, 100'000}},
    {"state.directory", Path{[](Config& c) -> auto& { return c.engine.state_directory; }}},
    {"state.secrets_key", Path{[](Config& c) -> auto& { return c.engine.secrets_key; }}},
    {"paths.drives", Drives{[](Config& c) -> auto& { return c.engine.paths.drives; }}},
    {"paths.shares", Shares{[](Config& c) -> auto& { return c.engine.paths.shares; }}},
    {"paths.roots", Folders{[](Config& c) -> auto& { return c.engine.paths.roots; }}},
    {"paths.create_directories", Flag{[](Config& c) -> auto& { return c.engine.paths.create_directories; }}},
    {"paths.umask", Umask{[](Config& c) -> auto& { return c.engine.paths.umask; }}},
    {"jobs.start_on_create", Flag{[](Config& c) -> auto& { return c.start_on_create; }}},
    {"jobs.viewers_see", Choice{[](Config& c) -> auto& { return c.viewers_see; }, kViewersSee}},
    {"jobs.uploads", Choice{[](Config& c) -> auto& { return c.uploads; }, kUploads}},
    {"jobs.max_per_user", Count{[](Config& c) -> auto& { return c.engine.limits.jobs_per_user; }, 1, 1'000'000}},
    {"jobs.max_per_machine", Count{[](Config& c) -> auto& { return c.engine.limits.jobs_per_machine; }, 1, 1'000'000}},
    {"jobs.max_files", Count{[](Config& c) -> auto& { return c.engine.limits.files_per_job; }, 1, 100'000}},
    {"jobs.max_ranges", Count{[](Config& c) -> auto& { return c.engine.limits.ranges_per_file; }, 1, 100'000}},
    {"jobs.inactivity_timeout", Seconds{[](Config& c) -> auto& { return c.engine.inactivity_timeout; }, 1s, 3'650 * kDay}},
    {"transfers.max_background", Count{[](Config& c) -> auto& { return c.engine.transfers.max_background; }, 1, 1'000}},
    {"transfers.max_foreground", Count{[](Config& c) -> auto& { return c.engine.transfers.max_foreground; }, 1, 1'000}},
    {"transfers.time_slice", Seconds{[](Config& c) -> auto& { return c.engine.transfers.time_slice; }, 1s, kDay}},
    {"transfers.files_per_job", Count{[](Config& c) -> auto& { return c.engine.transfers.files_per_job; }, 1, 256}},
    {"transfers.background_yields", Flag{[](Config& c) -> auto& { return c.engine.transfers.background_yields; }}},
    {"transfers.max_connections_per_host", Count{[](Config& c) -> auto& { return c.engine.transfers.max_connections_per_host; }, 1, 100}},
    {"transfers.connect_timeout", Seconds{[](Config& c) -> auto& { return c.engine.transfers.connect_timeout; }, 1s, 600s}},
    {"transfers.stall_timeout", Seconds{[](Config& c) -> auto& { return c.engine.transfers.stall_timeout; }, 1s, 3'600s}},
    {"transfers.quick_tries", Count{[](Config& c) -> auto& { return c.quick_tries; }, 0, 100}},
    {"transfers.quick_window", Milliseconds{[](Config& c) -> auto& { return c.engine.retry.quick_window; }, 0s, 600s}},
    {"transfers.checkpoint_bytes", Bytes{[](Config& c) -> auto& { return c.engine.transfers.checkpoint_bytes; }, kMiB, 16 * kGiB}},
    {"transfers.checkpoint_interval", Milliseconds{[](Config& c) -> auto& { return c.engine.transfers.checkpoint_interval; }, 100ms, 600s}},
    {"transfers.buffer_pool_bytes", Bytes{[](Config& c) -> auto& { return c.engine.transfers.buffer_pool_bytes; }, 4 * kMiB, 16 * kGiB}},
    {"transfers.ca_file", Path{[](Config& c) -> auto& { return c.engine.transfers.ca_file; }}},
    {"transfers.crl_file", Path{[](Config& c) -> auto& { return c.engine.transfers.crl_file; }}},
    {"transfers.client_certificates", Path{[](Config& c) -> auto& { return c.engine.transfers.client_certificates; }}},
    {"transfers.proxy", Text{[](Config& c) -> auto& { return c.engine.transfers.proxy; }}},
    {"transfers.proxy_bypass", Text{[](Config& c) -> auto& { return c.engine.transfers.proxy_bypass; }}},
    {"transfers.denied_addresses", Networks{[](Config& c) -> auto& { return c.engine.transfers.denied_addresses; }}},
    {"transfers.denied_hosts", Names{[](Config& c) -> auto& { return c.engine.transfers.denied_hosts; }}},
    {"transfers.allow_weakened_tls", Flag{[](Config& c) -> auto& { return c.engine.transfers.allow_weakened_tls; }}},
    {"transfers.allow_credential_headers", Flag{[](Config& c) -> auto& { return c.engine.transfers.allow_credential_headers; }}},
    {"transfers.user_agent", Text{[](Config& c) -> auto& { return c.engine.transfers.user_agent; }}},
    {"bandwidth.total", Rate{[](Config& c) -> auto& { return RateOf<engine::RateClass::kTotal>(c); }}},
    {"bandwidth.foreground", Rate{[](Config& c) -> auto& { return RateOf<engine::RateClass::kForeground>(c); }}},
    {"bandwidth.background", Rate{[](Config& c) -> auto& { return RateOf<engine::RateClass::kBackground>(c); }}},
    {"bandwidth.high", Rate{[](Config& c) -> auto& { return RateOf<engine::RateClass::kHigh>(c); }}},
    {"bandwidth.normal", Rate{[](Config& c) -> auto& { return RateOf<engine::RateClass::kNormal>(c); }}},
    {"bandwidth.low", Rate{[](Config& c) -> auto& { return RateOf<engine::RateClass::kLow>(c); }}},
    {"bandwidth.schedule", Schedule{[](Config& c) -> auto& { return c.engine.transfers.bandwidth.periods; }}},
    {"log.level", Choice{[](Config& c) -> auto& { return c.log_level; }, kLevels}},
});
// clang-format on

}  // namespace

std::span<const Key> AllKeys() { return kKeys; }

}  // namespace bitsd
