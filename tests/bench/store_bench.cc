// How many durable job changes a second the store takes, on the file system of
// TMPDIR: each submitter waits for its answer before the next change.
#include <stdlib.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>

#include "engine/store/sqlite_store.h"
#include "engine/store/writer.h"

namespace engine::store {
namespace {

JobId IdOf(std::uint64_t number) {
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < sizeof number; ++i) {
    bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return JobId::FromBytes(bytes);
}

Job JobOf(std::uint64_t number) {
  return Job{.id = IdOf(number),
             .display_name = "Update of the application",
             .description = "120 bytes of properties are what a job of the field has on average",
             .owner = "S-1-5-20",
             .creator = "alice",
             .error = {},
             .created = {},
             .modified = {},
             .completed = {},
             .sequence = number,
             .files = {}};
}

// A store in a directory of its own, shared by the threads of one run.
class Place {
 public:
  Place() {
    std::string name = (std::filesystem::temp_directory_path() / "bitsd-bench-XXXXXX").native();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    directory_ = name;
    auto store = OpenSqliteStore(directory_ / "bitsd.db");
    if (!store) std::abort();
    writer_.emplace(std::move(*store), [](const Error&) { std::abort(); });
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    writer_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  Writer& writer() { return *writer_; }

 private:
  std::filesystem::path directory_;
  std::optional<Writer> writer_;
};

class StoreBench : public benchmark::Fixture {
 public:
  void SetUp(const benchmark::State& state) override {
    if (state.thread_index() == 0) place_ = std::make_unique<Place>();
  }
  void TearDown(const benchmark::State& state) override {
    if (state.thread_index() == 0) place_.reset();
  }

 protected:
  std::unique_ptr<Place> place_;
};

BENCHMARK_DEFINE_F(StoreBench, DurablePutJob)(benchmark::State& state) {
  constexpr std::uint64_t kNumbersOfAThread = 1ull << 40;
  auto number = static_cast<std::uint64_t>(state.thread_index()) * kNumbersOfAThread;
  for (auto unused : state) {
    (void)unused;
    std::promise<void> answered;
    auto job = std::make_shared<const Job>(JobOf(++number));
    place_->writer().Submit({PutJob{std::move(job)}}, [&answered](const Status& status) {
      if (!status) std::abort();
      answered.set_value();
    });
    answered.get_future().wait();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_REGISTER_F(StoreBench, DurablePutJob)->Threads(1)->Threads(64)->UseRealTime();

}  // namespace
}  // namespace engine::store
