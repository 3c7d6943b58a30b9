package loomagent.whole;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import loomagent.schedule.Mutant;
import loomagent.schedule.Play;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** That the simulation finds faults: each of these is put into the agent, and must be found. */
class MutantsTest {
  private static final int ENOUGH_SEEDS = 400;

  @TempDir Path temp;

  static Stream<Mutant> mutants() {
    return Stream.of(
        Mutant.without(
            "events are shown before they are synced", "journal/Segments", "write", "sync"),
        Mutant.early(
            "events are shown before they are written",
            "journal/Committer",
            "commit",
            "write",
            "show"),
        Mutant.without(
            "a write that failed is not taken back", "journal/Segments", "takeBack", "truncate"),
        Mutant.without(
            "ids from before the start are forgotten", "journal/Recovery", "know", "add"),
        Mutant.oneMore("the cursor is one too far", "delivery/Cursor", "move", 1),
        Mutant.idle("a dead letter is not written", "delivery/DeadLetters", "append"),
        Mutant.without(
            "what comes just before a handler waits does not wake it",
            "delivery/Gate",
            "await",
            "getAsBoolean"),
        Mutant.without(
            "what waits for a lane is forgotten when it failed",
            "delivery/Outcomes",
            "fail",
            "park"),
        Mutant.onlyFirst("only the first socket subscribes", "cable/Hands", "send", 1),
        Mutant.without("a silent server is never given up", "cable/Subscription", "tick", "lose"),
        Mutant.early(
            "the old connection goes before the next one is live",
            "cable/Subscriber",
            "replace",
            "add",
            "retire"),
        Mutant.without(
            "two connections, dead one after the other, leave no gap",
            "cable/Subscriber$Leg",
            "failed",
            "missed"),
        Mutant.idle("a gap is not noted", "agent/GapWatch", "lost"),
        Mutant.without(
            "a token is used whose successor is not on disk",
            "auth/RefreshChain",
            "keep",
            "write"));
  }

  @ParameterizedTest
  @MethodSource("mutants")
  void itIsFound(Mutant mutant) throws Exception {
    Seeds seeds = new Seeds(List.of(mutant), temp);
    for (long seed = 1; seed <= ENOUGH_SEEDS; seed++) {
      Play.Outcome outcome = seeds.play(seed);
      if (outcome.failure().isPresent()) {
        String words = outcome.failure().get().lines().findFirst().orElse("");
        assertEquals(
            Optional.empty(),
            new Seeds(List.of(), temp.resolve("sound")).play(seed).failure(),
            "without that fault as well");
        System.out.println(mutant + ": found by seed " + seed + ": " + words);
        return;
      }
    }
    fail(ENOUGH_SEEDS + " seeds did not find that " + mutant);
  }
}
