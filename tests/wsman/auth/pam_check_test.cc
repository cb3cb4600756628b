// PAM with service files of the test's own. pam_matrix (libpam-wrapper) reads
// names and passwords from a file; the accounts are those of this system.
#include "wsman/auth/pam_check.h"

#include <gmock/gmock.h>
#include <pwd.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include <future>

#include "wsman/auth/authenticator.h"
#include "wsman/auth/secret_files_fixture.h"
#include "wsman/auth/user_file.h"

namespace wsman::auth {
namespace {

using Outcome = PasswordOutcome;

constexpr char kMatrix[] = PAM_WRAPPER_MODULES "/pam_matrix.so";

// While it lives, LeakSanitizer takes what this thread allocates for wanted: libpam
// 1.5.2 keeps 96 bytes of a service that it cannot start, beyond the reach of pam_end.
class NoLeakCheck {
#ifdef __SANITIZE_ADDRESS__
  __lsan::ScopedDisabler disabler_;
#endif
};

class PamCheckTest : public SecretFilesTest {
 protected:
  PamCheckTest() {
    WriteFile("passwords", "nobody:secret:bitsd\ndaemon:secret:other\nroot:secret:bitsd\n");
    const std::string matrix =
        std::string(kMatrix) + " passdb=" + (folder_ / "passwords").string() + "\n";
    WriteFile("bitsd", "auth required " + matrix + "account required " + matrix);
    WriteFile("open", "auth required pam_permit.so\naccount required pam_permit.so\n");
    WriteFile("denied", "auth required pam_deny.so\naccount required pam_permit.so\n");
    WriteFile("locked", "auth required pam_permit.so\naccount required pam_deny.so\n");
    WriteFile("twice", "auth required " + matrix + "auth required " + matrix +
                           "account required pam_permit.so\n");
    WriteFile("broken", "auth required no_such_module.so\n");
  }

  void WriteFile(const char* name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }

  PasswordQueue::Decision Ask(const char* service, const std::string& user,
                              const std::string& password = "secret") const {
    return MakePamCheck({.service = service, .folder = folder_})(user, password);
  }
};

TEST_F(PamCheckTest, TheRightPasswordOfAnAccountIsAcceptedInEverySpelling) {
  for (const char* user : {"nobody", "CORP\\nobody", "\\nobody", "nobody@corp.example"}) {
    const auto decision = Ask("bitsd", user);
    EXPECT_EQ(decision.outcome, Outcome::kAccepted) << user;
    EXPECT_EQ(decision.who.name, "nobody");
  }
}

TEST_F(PamCheckTest, EverybodyElseIsRefused) {
  EXPECT_EQ(Ask("bitsd", "nobody", "wrong").outcome, Outcome::kRefused);
  EXPECT_EQ(Ask("bitsd", "nobody", "").outcome, Outcome::kRefused);
  EXPECT_EQ(Ask("bitsd", "NOBODY").outcome, Outcome::kRefused) << "another account to the system";
  EXPECT_EQ(Ask("bitsd", "no such account").outcome, Outcome::kRefused);
  EXPECT_EQ(Ask("bitsd", "").outcome, Outcome::kRefused);
  EXPECT_EQ(Ask("bitsd", "daemon").outcome, Outcome::kRefused) << "only for another service";
}

TEST_F(PamCheckTest, TheSuperUserIsRefusedWhateverPamSays) {
  for (const char* user : {"root", "CORP\\root", "root@REALM", "\\root"}) {
    EXPECT_EQ(Ask("bitsd", user).outcome, Outcome::kRefused) << user;
    EXPECT_EQ(Ask("open", user).outcome, Outcome::kRefused) << user;
  }
}

TEST_F(PamCheckTest, BothStacksDecide) {
  EXPECT_EQ(Ask("open", "nobody", "x").outcome, Outcome::kAccepted);
  EXPECT_EQ(Ask("open", "nobody", "").outcome, Outcome::kRefused) << "an empty password";
  EXPECT_EQ(Ask("denied", "nobody").outcome, Outcome::kRefused);
  EXPECT_EQ(Ask("locked", "nobody").outcome, Outcome::kRefused);
}

TEST_F(PamCheckTest, AServiceThatCannotWorkRefuses) {
  [[maybe_unused]] const NoLeakCheck libpam_leaks;
  EXPECT_EQ(Ask("broken", "nobody").outcome, Outcome::kRefused);
  EXPECT_EQ(Ask("missing", "nobody").outcome, Outcome::kRefused);
}

class PamFallbackTest : public PamCheckTest {
 protected:
  PamFallbackTest() {
    EXPECT_TRUE(SetPassword(users_, "alice", "secret"));
    EXPECT_TRUE(SetPassword(users_, "daemon", "of the file"));
    verifier_ = *PasswordVerifier::Start(
        users_, {.others = std::make_unique<PasswordQueue>(
                     PasswordQueue::Options{.thread_name = "auth.pam"},
                     MakePamCheck({.service = "open", .folder = folder_}))});
  }
  Outcome Verify(const std::string& user, const std::string& password) {
    std::promise<Outcome> promise;
    verifier_->Verify(user, password,
                      [&promise](Outcome outcome, const Verified&) { promise.set_value(outcome); });
    return promise.get_future().get();
  }

  std::unique_ptr<PasswordVerifier> verifier_;
};

TEST_F(PamFallbackTest, OnlyUsersWhoAreNotInTheFileAreAskedAbout) {
  EXPECT_EQ(Verify("alice", "secret"), Outcome::kAccepted);
  EXPECT_EQ(Verify("nobody", "anything"), Outcome::kAccepted);
  EXPECT_EQ(Verify("daemon", "anything"), Outcome::kRefused) << "the file knows daemon";
  EXPECT_EQ(Verify("CORP\\DAEMON", "anything"), Outcome::kRefused);
  EXPECT_EQ(Verify("daemon", "of the file"), Outcome::kAccepted);
  EXPECT_EQ(Verify("root", "anything"), Outcome::kRefused);
}

TEST_F(PamFallbackTest, WhatPamSaidIsNotRemembered) {
  EXPECT_EQ(Verify("nobody", "anything"), Outcome::kAccepted);
  EXPECT_FALSE(verifier_->Remembered("nobody", "anything"));
  WriteFile("open", "auth required pam_deny.so\n");
  EXPECT_EQ(Verify("nobody", "anything"), Outcome::kRefused);
}

}  // namespace
}  // namespace wsman::auth
