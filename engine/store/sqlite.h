// SQLite's handles as values that clean up after themselves, its codes as
// Results. The only home of sqlite3.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace engine::store {

// A prepared statement, to be used again and again. Must not outlive its
// database.
class Statement {
 public:
  // Binds the parameters from left to right; Run and the end of Step's rows
  // start anew. Text and blobs must live until then. The first failure is
  // remembered and returned by Run or Step.
  Statement& Bind(std::int64_t value);
  Statement& Bind(std::string_view text);
  Statement& Bind(std::span<const std::uint8_t> blob);
  Statement& BindNull();

  // Runs to the end, drops rows, and resets, also after an error.
  Status Run();
  // True: there is a row for the getters below. False: the end; the statement
  // is reset. It is reset after an error, too.
  Result<bool> Step();

  // Columns of the present row, from 0. Empty when the value has another type;
  // views hold until the next Step. A hostile file may hold any type anywhere.
  std::optional<std::int64_t> Integer(int column) const;
  std::optional<std::string_view> Text(int column) const;
  std::optional<std::span<const std::uint8_t>> Blob(int column) const;
  bool IsNull(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
  void Reset();

  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  int next_parameter_ = 1;
  int bind_code_ = 0;
};

// One connection, for one thread at a time.
class Database {
 public:
  // Opens an existing file (also an empty one) with everything off that a
  // hostile file could use: triggers and views of its own, the writable schema, double-quoted
  // strings. Leaves the file as it is on Close until KeepTidy is called.
  static Result<Database> Open(const std::filesystem::path& file);

  // Checkpoints and removes the WAL at the end, as SQLite does by default.
  void KeepTidy();

  Result<Statement> Prepare(std::string_view sql);
  // All statements in `sql`, rows dropped.
  Status Execute(const std::string& sql);
  // The first column of the first row of `sql`; E_UNEXPECTED when there is none.
  Result<std::int64_t> QueryInteger(std::string_view sql);
  Result<std::string> QueryText(std::string_view sql);

  // Runs `work` in a transaction: commits when it returns OK, else rolls back and
  // returns its error. When this returns an error nothing changed.
  template <class Work>
  Status Transact(Work work) {
    if (Status begun = Begin(); !begun) return begun;
    if (Status done = work(); !done) {
      Rollback();
      return done;
    }
    return Commit();
  }

  // Rows changed by the last statement.
  std::int64_t Changes() const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  explicit Database(sqlite3* handle) : handle_(handle) {}
  Status Configure();
  Status Begin();
  Status Commit();  // rolls back when it fails
  void Rollback();

  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace engine::store
