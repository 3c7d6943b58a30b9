package loomagent.whole;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.nio.file.Path;
import java.util.List;
import loomagent.schedule.Play;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole agent in a simulated world: network, disk, clock, handlers and the order of its threads
 * all come from a seed, and the weather is bad. Each Java plays its own seeds.
 */
class SimulationTest {
  private static final int MANY = 1_000;
  private static final int MORE = Integer.getInteger("loomagent.seeds", 20_000);
  private static final long FIRST = Runtime.version().feature() * 1_000_000L;

  @TempDir Path temp;

  @Test
  void whateverHappensNothingIsLostAndAllIsWellInTheEnd() throws Exception {
    playAll(FIRST, MANY);
  }

  @Test
  @Tag("torture")
  void thatHoldsForVeryManySeeds() throws Exception {
    playAll(FIRST + MANY, MORE);
  }

  private void playAll(long first, int seeds) throws Exception {
    Seeds played = new Seeds(List.of(), temp);
    for (long seed = first; seed < first + seeds; seed++) {
      Play.Outcome outcome = played.play(seed);
      if (outcome.failure().isPresent()) {
        fail(
            "seed %d: %s%n%nmake story SEED=%1$d tells all of it"
                .formatted(seed, outcome.failure().get()));
      }
    }
    System.out.printf("%d seeds, %d steps, %s%n", seeds, played.steps(), played.counts());
    for (String what : Story.ALL_THAT_HAPPENS) {
      assertTrue(played.counts().containsKey(what), "it never happened: " + what);
    }
  }

  @Test
  void theSameSeedTellsTheSameStoryStepByStep() throws Exception {
    Seeds played = new Seeds(List.of(), temp);
    Seeds again = new Seeds(List.of(), temp);
    for (long seed = 1; seed <= 20; seed++) {
      Play.Outcome once = played.play(seed);
      assertEquals(once.trace(), played.play(seed).trace(), "seed " + seed);
      assertEquals(once.trace(), again.play(seed).trace(), "seed " + seed + " in other classes");
    }
  }
}
