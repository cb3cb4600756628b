// Each row of the table of job states, read from the table itself, called by an
// envelope: the ReturnValue and the state are those of the row.
#include <map>
#include <ostream>
#include <sstream>
#include <tuple>

#include "tests/provider/transitions/service_run.h"

namespace provider {
namespace {

using engine::JobState;

// A row "| 3 Suspended | Resume | the job has no files | 3 Suspended | BG_E_EMPTY |".
struct Row {
  JobState from;
  std::string method;
  std::string condition;
  JobState next;
  std::string result;
};

void PrintTo(const Row& row, std::ostream* stream) {
  *stream << NameOf(row.from) << " " << row.method << " " << row.condition;
}

std::string Trimmed(const std::string& cell) {
  const std::size_t first = cell.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return cell.substr(first, cell.find_last_not_of(' ') - first + 1);
}

std::vector<std::string> CellsOf(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, '|');) cells.push_back(Trimmed(cell));
  return cells;
}

JobState StateIn(const std::string& cell) { return static_cast<JobState>(cell.at(0) - '0'); }

// What SetJobState takes.
const std::map<std::string, std::string>& MethodNumbers() {
  static const std::map<std::string, std::string> numbers = {
      {"Cancel", "0"}, {"Complete", "1"}, {"Resume", "2"}, {"Suspend", "3"}};
  return numbers;
}

std::vector<Row> MethodRows() {
  std::vector<Row> rows;
  std::istringstream table(engine::JobStatesMarkdown());
  for (std::string line; std::getline(table, line);) {
    const std::vector<std::string> cells = CellsOf(line);
    if (cells.size() < 6 || !MethodNumbers().contains(cells[2])) continue;
    rows.push_back({StateIn(cells[1]), cells[2], cells[3], StateIn(cells[4]), cells[5]});
  }
  return rows;
}

// A job to which the row's condition applies, and no earlier one.
JobShape ShapeFor(const Row& row) {
  if (row.condition == "the job has no files") return {.files = 0};
  if (row.condition == "every file has transferred" || row.from >= JobState::kTransferred)
    return {.finished = row.condition == "a file has not transferred" ? 1u : 2u};
  if (row.condition == "upload or upload-reply job") return {engine::JobType::kUpload, 1, 0};
  return {.finished = 1};
}

// Without the rows that no job can get to: one that holds a slot has a file that
// has not transferred.
std::vector<Row> ReachableRows() {
  std::vector<Row> rows = MethodRows();
  std::erase_if(rows, [](const Row& row) {
    return row.condition == "every file has transferred" && HoldsSlot(row.from);
  });
  return rows;
}

class TransitionTest : public ServiceRunTest, public testing::WithParamInterface<Row> {};

TEST_P(TransitionTest, EndsAsTheTableSays) {
  const Row& row = GetParam();
  const bool gone = IsFinal(row.from);
  MakeJob(gone ? JobState::kTransferred : row.from, ShapeFor(row));
  if (gone) {
    const bool completed = row.from == JobState::kAcknowledged;
    const std::string end = MethodNumbers().at(completed ? "Complete" : "Cancel");
    EXPECT_EQ(ReturnValueOf(Invoke("SetJobState", "<p:JobState>" + end + "</p:JobState>")), 0u);
  }
  const wsman::http::Reply reply =
      Invoke("SetJobState", "<p:JobState>" + MethodNumbers().at(row.method) + "</p:JobState>");
  // There is no job any more that could answer with the table's refusal.
  if (gone) return ExpectNoSuchJob(reply);
  EXPECT_EQ(engine::NameOf(static_cast<engine::HResult>(ReturnValueOf(reply))), row.result);
  const std::string state =
      IsFinal(row.next) ? "gone" : std::to_string(static_cast<unsigned>(row.next));
  EXPECT_EQ(Read("State"), state);
}

INSTANTIATE_TEST_SUITE_P(Table, TransitionTest, testing::ValuesIn(ReachableRows()),
                         [](const auto& info) {
                           return std::to_string(info.index) + info.param.method +
                                  std::string(NameOf(info.param.from));
                         });

// Uploads in each state that a job can be seen in.
class UploadTransitionTest
    : public ServiceRunTest,
      public testing::WithParamInterface<std::tuple<engine::JobType, unsigned, std::string>> {};

TEST_P(UploadTransitionTest, EndsAsTheTableSays) {
  static const std::map<std::string, engine::JobEvent> kEvents = {
      {"Cancel", engine::JobEvent::kCancel},
      {"Complete", engine::JobEvent::kComplete},
      {"Resume", engine::JobEvent::kResume},
      {"Suspend", engine::JobEvent::kSuspend}};
  const auto& [type, number, method] = GetParam();
  const auto state = static_cast<JobState>(number);
  const std::size_t finished = state == JobState::kTransferred ? 1 : 0;
  MakeJob(state, {type, 1, finished});
  const engine::Outcome expected = Next(state, kEvents.at(method), {type, 1, 1 - finished}).value();
  const wsman::http::Reply reply =
      Invoke("SetJobState", "<p:JobState>" + MethodNumbers().at(method) + "</p:JobState>");
  EXPECT_EQ(engine::NameOf(static_cast<engine::HResult>(ReturnValueOf(reply))),
            engine::NameOf(expected.result));
  const std::string now =
      IsFinal(expected.next) ? "gone" : std::to_string(static_cast<unsigned>(expected.next));
  EXPECT_EQ(Read("State"), now);
}

INSTANTIATE_TEST_SUITE_P(
    Table, UploadTransitionTest,
    testing::Combine(testing::Values(engine::JobType::kUpload, engine::JobType::kUploadReply),
                     testing::Range(0u, static_cast<unsigned>(JobState::kAcknowledged)),
                     testing::Values("Cancel", "Complete", "Resume", "Suspend")),
    [](const auto& info) {
      return std::to_string(info.index) + std::get<2>(info.param) +
             std::string(NameOf(static_cast<JobState>(std::get<1>(info.param))));
    });

TEST(TransitionTableTest, EveryMethodHasARowForEveryState) {
  std::map<std::string, std::size_t> states;
  for (const auto& [method, number] : MethodNumbers())
    for (unsigned state = 0; state <= 8; ++state)
      for (const Row& row : MethodRows())
        if (row.method == method && row.from == static_cast<JobState>(state)) {
          ++states[method];
          break;
        }
  for (const auto& [method, number] : MethodNumbers()) EXPECT_EQ(states[method], 9u) << method;
}

}  // namespace
}  // namespace provider
