#include "tests/engine/transfer/transfer_fixture.h"

#include <stdlib.h>

#include <fstream>
#include <sstream>

namespace engine::transfer {
namespace {

constexpr std::chrono::seconds kBound{30};

JobId TestJob() { return JobId::FromBytes({1, 2, 3}); }

}  // namespace

ScratchDirectory::ScratchDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "bitsd-XXXXXX").string();
  path_ = ::mkdtemp(pattern.data());
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

void WriteFile(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

TransferId IdOf(const Event& event) {
  return std::visit([](const auto& any) { return any.id; }, event);
}

bool IsEnd(const Event& event) {
  return std::holds_alternative<Finished>(event) || std::holds_alternative<Stopped>(event) ||
         std::holds_alternative<Failed>(event) || std::holds_alternative<Restarted>(event);
}

void EventRecord::Add(Event event) {
  const std::lock_guard lock(mutex_);
  events_.push_back(std::move(event));
  added_.notify_all();
}

std::vector<Event> EventRecord::Of(const TransferId& id) const {
  const std::lock_guard lock(mutex_);
  std::vector<Event> result;
  for (const Event& event : events_) {
    if (IdOf(event) == id) result.push_back(event);
  }
  return result;
}

bool EventRecord::WaitUntil(const TransferId& id,
                            const std::function<bool(const std::vector<Event>&)>& enough) {
  const auto deadline = std::chrono::steady_clock::now() + kBound;
  while (true) {
    std::size_t seen = 0;
    {
      const std::lock_guard lock(mutex_);
      seen = events_.size();
    }
    if (enough(Of(id))) return true;
    std::unique_lock lock(mutex_);
    if (!added_.wait_until(lock, deadline, [&] { return events_.size() > seen; })) return false;
  }
}

std::optional<Event> EventRecord::WaitForEnd(const TransferId& id) {
  std::optional<Event> end;
  WaitUntil(id, [&end](const std::vector<Event>& events) {
    for (const Event& event : events) {
      if (IsEnd(event)) end = event;
    }
    return end.has_value();
  });
  return end;
}

TransferTest::TransferTest() {
  options_.stall_timeout = std::chrono::seconds(1);
  options_.connect_timeout = std::chrono::seconds(5);
}

TransferTest::~TransferTest() {
  if (transfers_) transfers_->Shutdown();
}

void TransferTest::StartThreads() {
  if (transfers_) return;
  disk_ = std::make_unique<DiskThreads>(options_);
  transfers_ = StartCurlTransfers(options_, *disk_, [this](Event event) {
    const auto* const advanced = std::get_if<UploadAdvanced>(&event);
    if (advanced != nullptr && advanced->waits && stores_) transfers_->GoOn(advanced->id);
    events_.Add(std::move(event));
  });
}

void TransferTest::EndThreads() {
  if (transfers_) transfers_->Shutdown();
  transfers_.reset();
  disk_.reset();
}

Transfers& TransferTest::transfers() {
  StartThreads();
  return *transfers_;
}

DiskThreads& TransferTest::disk() {
  StartThreads();
  return *disk_;
}

LocalTarget TransferTest::Target(const std::string& name) const {
  return LocalTarget{directory_.path(), {}, name, false};
}

std::filesystem::path TransferTest::TemporaryPath(const Download& download) const {
  std::filesystem::path path = download.target.root;
  for (const std::string& name : download.target.directories) path /= name;
  return path / download.temporary_name;
}

Download TransferTest::Of(const std::string& url, const std::string& name, FileState resume) {
  return Download{TransferId{TestJob(), 0, ++attempt_},
                  url,
                  Target(name),
                  "BIT" + name + ".tmp",
                  std::move(resume),
                  Priority::kNormal};
}

Event TransferTest::Run(const Download& download) {
  transfers().Start(download);
  const auto end = events().WaitForEnd(download.id);
  if (!end) {
    ADD_FAILURE() << "the attempt did not end";
    return Stopped{download.id, {}};
  }
  return *end;
}

Finished TransferTest::RunToFinish(const Download& download) {
  const Event end = Run(download);
  if (const auto* finished = std::get_if<Finished>(&end)) return *finished;
  const auto* failed = std::get_if<Failed>(&end);
  ADD_FAILURE() << "not finished: " << (failed != nullptr ? failed->error.message : "stopped");
  return Finished{download.id, {}};
}

Failed TransferTest::RunToFailure(const Download& download) {
  const Event end = Run(download);
  if (const auto* failed = std::get_if<Failed>(&end)) return *failed;
  ADD_FAILURE() << "not failed: index " << end.index();
  return Failed{download.id, {}, {}, true, std::nullopt};
}

void TransferTest::ExpectDurable(const Download& download, const FileState& state,
                                 const std::string& content) {
  if (state.offset == 0) return;
  const std::string on_disk = ReadFile(TemporaryPath(download));
  ASSERT_GE(on_disk.size(), state.offset);
  ASSERT_LE(state.offset, content.size());
  EXPECT_TRUE(std::string_view(on_disk).substr(0, state.offset) ==
              std::string_view(content).substr(0, state.offset))
      << "other bytes within the first " << state.offset;
}

void TransferTest::ExpectFile(const Download& download, const std::string& content) {
  const std::string on_disk = ReadFile(TemporaryPath(download));
  EXPECT_EQ(on_disk.size(), content.size());
  EXPECT_TRUE(on_disk == content) << "the file has other bytes";
}

}  // namespace engine::transfer
