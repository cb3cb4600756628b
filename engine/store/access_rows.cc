#include "engine/store/access_rows.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/store/columns.h"

namespace engine::store {
namespace {

constexpr SecretTables kTables = {
    .erase_secrets = "DELETE FROM credential WHERE job = (SELECT id FROM job WHERE guid = ?)",
    .erase_row = "DELETE FROM access WHERE job = (SELECT id FROM job WHERE guid = ?)",
    .put_secret =
        "INSERT INTO credential (job, target, scheme, sealed)"
        " SELECT id, ?,?,? FROM job WHERE guid = ?",
    .put_row =
        "INSERT INTO access (job, proxy_usage, proxy_list, proxy_bypass, certificate_location,"
        " certificate_store, certificate_hash) SELECT id, ?,?,?,?,?,? FROM job WHERE guid = ?"};
constexpr JobTable kCredentials = {
    "credential",
    "SELECT job, target, scheme, sealed FROM credential ORDER BY job, target, scheme"};
constexpr JobTable kAccess = {
    "access",
    "SELECT job, proxy_usage, proxy_list, proxy_bypass, certificate_location, certificate_store,"
    " certificate_hash FROM access ORDER BY job"};

constexpr std::int64_t kMaxLocation = 7;

template <class Enum>
std::int64_t NumberOf(Enum value) {
  return static_cast<std::int64_t>(value);
}

Status PutCredential(Statement& put, const JobId& job, const SealedCredential& credential) {
  return put.Bind(NumberOf(credential.target))
      .Bind(NumberOf(credential.scheme))
      .Bind(std::span<const std::uint8_t>(credential.sealed))
      .Bind(BytesOf(job))
      .Run();
}

Status PutRest(Statement& put, const JobId& job, const Access& access) {
  put.Bind(NumberOf(access.proxy.usage))
      .Bind(std::string_view(access.proxy.list))
      .Bind(std::string_view(access.proxy.bypass));
  if (const auto& certificate = access.certificate) {
    put.Bind(NumberOf(certificate->location))
        .Bind(std::string_view(certificate->store))
        .Bind(std::span<const std::uint8_t>(certificate->hash));
  } else {
    put.BindNull().BindNull().BindNull();
  }
  return put.Bind(BytesOf(job)).Run();
}

std::optional<SealedCredential> ReadCredential(const Statement& row) {
  const auto target = NumberUpTo(row, 1, NumberOf(AuthTarget::kProxy));
  const auto scheme = NumberUpTo(row, 2, NumberOf(AuthScheme::kPassport));
  const auto sealed = row.Blob(3);
  if (!target || !scheme || !sealed) return std::nullopt;
  return SealedCredential{static_cast<AuthTarget>(*target),
                          static_cast<AuthScheme>(*scheme),
                          {sealed->begin(), sealed->end()}};
}

// The columns of a certificate; the outer optional is empty for nonsense.
std::optional<std::optional<ClientCertificate>> ReadCertificate(const Statement& row) {
  if (row.IsNull(4)) return std::optional<ClientCertificate>();
  const auto location = NumberUpTo(row, 4, kMaxLocation);
  const auto store = row.Text(5);
  const auto hash = row.Blob(6);
  if (!location || !store || !hash || hash->size() != Sha1().size()) return std::nullopt;
  ClientCertificate certificate{static_cast<std::uint8_t>(*location), std::string(*store), {}};
  std::ranges::copy(*hash, certificate.hash.begin());
  return std::optional(std::move(certificate));
}

std::optional<Access> ReadRest(const Statement& row) {
  const auto usage = NumberUpTo(row, 1, NumberOf(ProxyUsage::kAutodetect));
  const auto list = row.Text(2);
  const auto bypass = row.Text(3);
  auto certificate = ReadCertificate(row);
  if (!usage || !list || !bypass || !certificate) return std::nullopt;
  return Access{{},
                *std::move(certificate),
                {static_cast<ProxyUsage>(*usage), std::string(*list), std::string(*bypass)}};
}

bool ReadRestInto(const Statement& row, Job& job) {
  auto access = ReadRest(row);
  if (access) job.access = std::make_shared<const Access>(*std::move(access));
  return access.has_value();
}

bool ReadCredentialInto(const Statement& row, Job& job) {
  auto credential = ReadCredential(row);
  if (!credential) return false;
  Access access = AccessOf(job);
  access.credentials.push_back(*std::move(credential));
  job.access = std::make_shared<const Access>(std::move(access));
  return true;
}

Status PutAll(Database& database, SecretStatements& statements, const PutAccess& change) {
  Status done = PutRest(statements.put_row, change.job, *change.access);
  if (done && database.Changes() == 0)
    done = Fail(HResult::kNotFound, "There is no such job for its settings.");
  for (const SealedCredential& credential : change.access->credentials) {
    if (done) done = PutCredential(statements.put_secret, change.job, credential);
  }
  return done;
}

}  // namespace

Result<SecretStatements> PrepareAccess(Database& database) {
  return PrepareSecretTables(database, kTables);
}

Result<bool> ReplaceAccess(Database& database, SecretStatements& statements,
                           const PutAccess& change) {
  return ReplaceRows(database, statements, change.job, [&]() -> Status {
    if (!change.access) return {};
    return PutAll(database, statements, change);
  });
}

Status LoadAccess(Database& database, std::vector<Job>& jobs, const Places& places) {
  // The first table sets the whole; the second adds to it.
  Status loaded = LoadJobRows(database, kAccess, jobs, places, ReadRestInto);
  if (loaded) loaded = LoadJobRows(database, kCredentials, jobs, places, ReadCredentialInto);
  return loaded;
}

}  // namespace engine::store
