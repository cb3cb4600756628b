// What the tests of engine/store share: a directory of its own, jobs with every
// field set, stores that are opened or fail loudly.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/store/job_store.h"
#include "engine/store/sqlite_store.h"
#include "engine/upload.h"

namespace engine::store {

// A directory that goes away with its contents.
class TemporaryDirectory {
 public:
  // In the system's place for temporary files.
  TemporaryDirectory();
  // In `parent`.
  explicit TemporaryDirectory(const std::filesystem::path& parent);
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory();
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// Where files cost no disk time, when the system has such a place.
std::filesystem::path FastParentForTest();

JobId IdForTest(std::uint64_t number);

// A job with a number for id and sequence, without files.
Job JobForTest(std::uint64_t number);
// The same with no field at its default.
Job FullJobForTest(std::uint64_t number);
File FileForTest(std::uint64_t number);
// With no field at its default.
Upload FullUploadForTest();

PutJob Put(const Job& job);
// The job and all its files.
std::vector<Change> PutWithFiles(const Job& job);

// Ends the program when it fails.
std::unique_ptr<JobStore> OpenForTest(const std::filesystem::path& file);
std::vector<Job> LoadForTest(const std::filesystem::path& file);

// All fields as text, for comparisons with a readable difference.
std::string Describe(const Job& job);
std::string Describe(const std::vector<Job>& jobs);

std::string ReadFileForTest(const std::filesystem::path& file);
void WriteFileForTest(const std::filesystem::path& file, std::string_view bytes);

}  // namespace engine::store
