// One Start of an upload: session, fragments, reply, end of the session, and its
// one final event. Lives on the net thread; everything is called there.
//
// The server decides where a session stands; which bytes belong to it is decided
// here: all are of one version of the source, and a session whose source has
// changed is never closed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "engine/transfer/fragment_body.h"
#include "engine/transfer/fragment_size.h"
#include "engine/transfer/packet_sender.h"
#include "engine/transfer/reply_fetch.h"
#include "engine/transfer/transfer_work.h"
#include "engine/transfer/upload_ack.h"

namespace engine::transfer {

// Sessions that the server may lose within one attempt.
inline constexpr int kMaxLostSessions = 3;
// Acks within one attempt that want other bytes than the next ones and have not
// taken the server further than it ever was.
inline constexpr int kMaxIdleAcks = 8;
// A file that was written this recently may be written again within the same tick
// of the clock that dates files.
inline constexpr std::chrono::milliseconds kSettledAge{50};
inline constexpr int kMaxSettleLooks = 50;
// For the Cancel-Session of a session that is given up.
inline constexpr std::chrono::seconds kGiveUpTime{5};

class UploadAttempt final : public Work {
 public:
  UploadAttempt(Net& net, Upload upload);

  void Begin() override;
  void Stop() override;
  void GoOn() override;
  void Tick(SteadyTime now) override;
  void Unpause() override;
  void Flush() override;
  bool ended() const override { return ended_; }

 private:
  struct Success {};
  struct Stopping {};
  struct Failure {
    Error error;
    bool recoverable = true;
    std::optional<std::chrono::seconds> retry_after;
  };
  using Ending = std::variant<Success, Stopping, Failure>;
  using Step = void (UploadAttempt::*)();

  // The source.
  void LookAtSource(Step next);
  void OnLooked(Step next, const Result<SourceVersion>& found);
  void BeginSession();
  bool IsSettled() const;
  bool SourceChanged();

  // Packets.
  std::string PacketUrl() const;
  void Send(PacketType type, std::vector<std::string> headers);
  void SendPing();
  void SendFirst();
  void SendNext();
  void SendFragment();
  void WaitForStore(Step next);
  void SendCloseSession();
  void GiveUpSession(const Error& why);

  // Their answers.
  void OnAnswer(PacketAnswer answer);
  void OnFailure(const PacketFailure& failure);
  void OnVerdict(const UploadVerdict& verdict);
  void OnAcknowledged(const Acknowledged& ack);
  void OnSession(const Acknowledged& ack);
  void OnFragment(const Acknowledged& ack);
  void OnLastByte(const Acknowledged& ack);
  void OnTooLarge();
  void OnSessionLost();
  void OnClosed();
  void LoseSession(const char* why);
  bool GivesUpHost();

  // The reply.
  bool HasReply() const;
  void FetchReply();
  void OnReplyEvent(Event event);
  void OnReplyEnd(const Event& event);

  // The end.
  void EmitAdvanced(bool waits = false);
  void EmitConnected();
  void ForgetSession();
  void TakeBackClosing();
  void FailLocally(const Error& error);
  void Conclude(Ending ending);
  void EndIfSettled();
  FileState SourceState() const;
  Event FinalEvent() const;

  Net& net_;
  const Upload upload_;
  const std::uint32_t security_flags_;
  UploadState state_;
  SourceVersion found_;  // when the source was opened the last time

  std::shared_ptr<DiskSource> source_;
  FragmentBody body_;
  PacketSender sender_;
  SentPacket sent_;
  FragmentSpan span_;  // of the fragment on its way
  SteadyTime packet_begun_;
  FragmentSize size_;
  // The running packet is the Cancel-Session of a source that has changed.
  std::optional<Error> give_up_;
  bool repeats_close_ = false;         // an earlier Close-Session was not answered
  Step when_stored_ = nullptr;         // waits for GoOn
  std::optional<SteadyTime> look_at_;  // when the source may have settled
  int looks_ = 0;

  std::unique_ptr<ReplyFetch> reply_;
  std::uint64_t farthest_ = 0;  // acknowledged in this attempt
  int idle_acks_ = 0;
  int lost_sessions_ = 0;
  bool connected_reported_ = false;
  int pending_ = 0;  // orders of the disk threads, events of the reply

  std::optional<Ending> ending_;
  bool ended_ = false;
};

}  // namespace engine::transfer
