#include "engine/store/access_rows.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace engine::store {
namespace {

constexpr std::string_view kEraseCredentials =
    "DELETE FROM credential WHERE job = (SELECT id FROM job WHERE guid = ?)";
constexpr std::string_view kEraseAccess =
    "DELETE FROM access WHERE job = (SELECT id FROM job WHERE guid = ?)";
constexpr std::string_view kPutCredential =
    "INSERT INTO credential (job, target, scheme, sealed) SELECT id, ?,?,? FROM job WHERE guid = ?";
constexpr std::string_view kPutAccess =
    "INSERT INTO access (job, proxy_usage, proxy_list, proxy_bypass, certificate_location,"
    " certificate_store, certificate_hash) SELECT id, ?,?,?,?,?,? FROM job WHERE guid = ?";
constexpr std::string_view kSelectCredentials =
    "SELECT job, target, scheme, sealed FROM credential ORDER BY job, target, scheme";
constexpr std::string_view kSelectAccess =
    "SELECT job, proxy_usage, proxy_list, proxy_bypass, certificate_location, certificate_store,"
    " certificate_hash FROM access ORDER BY job";

constexpr std::int64_t kMaxLocation = 7;

std::span<const std::uint8_t> BytesOf(const JobId& id) { return id.bytes(); }

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

std::optional<std::int64_t> NumberUpTo(const Statement& row, int column, std::int64_t most) {
  const auto value = row.Integer(column);
  return value && *value >= 0 && *value <= most ? value : std::nullopt;
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

// Runs `read` for each row with the access of its job.
template <class Read>
Status LoadRows(Database& database, std::string_view sql, std::string_view table,
                std::vector<Job>& jobs, const Places& places, Read read) {
  auto select = database.Prepare(sql);
  if (!select) return tl::unexpected<Error>(select.error());
  for (;;) {
    const Result<bool> row = select->Step();
    if (!row) return tl::unexpected<Error>(row.error());
    if (!*row) return {};
    const auto place = places.find(select->Integer(0).value_or(0));
    Access access;
    if (place != places.end()) access = AccessOf(jobs[place->second]);
    if (place == places.end() || !read(*select, access)) {
      return Fail(HResult::kDatabaseCorrupt,
                  fmt::format("a row of job {} of table {} makes no sense",
                              select->Integer(0).value_or(0), table));
    }
    jobs[place->second].access = std::make_shared<const Access>(std::move(access));
  }
}

}  // namespace

Result<AccessStatements> PrepareAccess(Database& database) {
  auto erase_credentials = database.Prepare(kEraseCredentials);
  if (!erase_credentials) return tl::unexpected<Error>(erase_credentials.error());
  auto erase_access = database.Prepare(kEraseAccess);
  if (!erase_access) return tl::unexpected<Error>(erase_access.error());
  auto put_credential = database.Prepare(kPutCredential);
  if (!put_credential) return tl::unexpected<Error>(put_credential.error());
  auto put_access = database.Prepare(kPutAccess);
  if (!put_access) return tl::unexpected<Error>(put_access.error());
  return AccessStatements{std::move(*erase_credentials), std::move(*erase_access),
                          std::move(*put_credential), std::move(*put_access)};
}

Result<bool> EraseCredentials(Database& database, AccessStatements& statements, const JobId& job) {
  if (Status erased = statements.erase_credentials.Bind(BytesOf(job)).Run(); !erased)
    return tl::unexpected<Error>(erased.error());
  return database.Changes() > 0;
}

Result<bool> ReplaceAccess(Database& database, AccessStatements& statements,
                           const PutAccess& change) {
  const auto erased = EraseCredentials(database, statements, change.job);
  if (!erased) return erased;
  Status done = statements.erase_access.Bind(BytesOf(change.job)).Run();
  if (done && change.access) {
    done = PutRest(statements.put_access, change.job, *change.access);
    if (done && database.Changes() == 0)
      done = Fail(HResult::kNotFound, "There is no such job for its settings.");
    for (const SealedCredential& credential : change.access->credentials) {
      if (done) done = PutCredential(statements.put_credential, change.job, credential);
    }
  }
  if (!done) return tl::unexpected<Error>(done.error());
  return erased;
}

Status LoadAccess(Database& database, std::vector<Job>& jobs, const Places& places) {
  // The first statement sets the whole; the second adds to it.
  const Status loaded = LoadRows(database, kSelectAccess, "access", jobs, places,
                                 [](const Statement& row, Access& access) {
                                   auto read = ReadRest(row);
                                   if (read) access = *std::move(read);
                                   return read.has_value();
                                 });
  if (!loaded) return loaded;
  return LoadRows(database, kSelectCredentials, "credential", jobs, places,
                  [](const Statement& row, Access& access) {
                    auto read = ReadCredential(row);
                    if (read) access.credentials.push_back(*std::move(read));
                    return read.has_value();
                  });
}

}  // namespace engine::store
