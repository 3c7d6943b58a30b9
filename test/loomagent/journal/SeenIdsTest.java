package loomagent.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SeenIdsTest {

  @Test
  void theLastGenerationIsKnownAndTwoAtTheMost() {
    int generation = 1000;
    SeenIds seen = new SeenIds(generation);
    for (int i = 0; i < 5500; i++) {
      assertTrue(seen.add("id " + i));
      assertFalse(seen.add("id " + Math.max(0, i - generation + 1)));
      assertFalse(seen.contains("id " + (i + 1)));
    }
    assertTrue(seen.contains("id 4000"));
    assertFalse(seen.contains("id 3999"));
    assertTrue(seen.add("id 3999"));
  }

  @Test
  void theRealBoundHolds() {
    SeenIds seen = new SeenIds();
    Random random = new Random(1);
    String first = "";
    for (int i = 0; i < SeenIds.GENERATION; i++) {
      String id = new UUID(random.nextLong(), random.nextLong()).toString();
      first = i == 0 ? id : first;
      assertTrue(seen.add(id));
    }
    assertTrue(seen.contains(first));
  }

  @Test
  void whatIsNearlyTheSameIsAnother() {
    List<String> ids =
        List.of(
            "",
            "00000000-0000-0000-0000-000000000000",
            "00000000-0000-0000-0000-00000000000a",
            "00000000-0000-0000-0000-00000000000A",
            "00000000-0000-0000-0000-00000000000a ",
            "00000000-0000-0000-000-000000000000a0",
            "00000000000000000000000000000000000a",
            "a0000000-0000-0000-0000-000000000000",
            "\u0000",
            "\ud83d\ude00");
    SeenIds seen = new SeenIds();
    for (String id : ids) {
      assertTrue(seen.add(id), id);
    }
    for (String id : ids) {
      assertFalse(seen.add(id), id);
    }
  }

  /** Else they are known all the same, but at the cost of a SHA-256 each. */
  @Test
  void everyDigitOfAUuidIsReadAndCounts() {
    String ones = "11111111-1111-1111-1111-111111111111";
    SeenIds seen = new SeenIds();
    assertTrue(seen.add(ones));
    for (int i = 0; i < ones.length(); i++) {
      for (char c : "023456789abcdef".toCharArray()) {
        String id = ones.substring(0, i) + c + ones.substring(i + 1);
        assertEquals(ones.charAt(i) != '-', seen.isUuid(id), id);
        assertTrue(seen.add(id), id);
      }
      for (char c : "/:`gA".toCharArray()) {
        String id = ones.substring(0, i) + c + ones.substring(i + 1);
        assertFalse(seen.isUuid(id), id);
      }
    }
    assertFalse(seen.isUuid("00000000-0000-0000-0000-000000000000"), "it would be a free slot");
    assertFalse(seen.isUuid(ones + "1"));
  }

  @Test
  @Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void idsThatDifferInOneHalfAloneAreKeptApartAndQuickly() {
    SeenIds seen = new SeenIds();
    for (long i = 1; i <= SeenIds.GENERATION / 2; i++) {
      assertTrue(seen.add(new UUID(i, 0).toString()));
      assertTrue(seen.add(new UUID(0, i).toString()));
    }
    for (long i = 1; i <= SeenIds.GENERATION / 2; i++) {
      assertTrue(seen.contains(new UUID(i, 0).toString()));
      assertTrue(seen.contains(new UUID(0, i).toString()));
    }
  }

  @Test
  void manySequentialAndRandomIdsAreToldApart() {
    for (long seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      SeenIds seen = new SeenIds(3000);
      Set<String> known = new LinkedHashSet<>();
      for (int i = 0; i < 3000; i++) {
        long low = random.nextInt(10) == 0 ? random.nextLong() : i;
        String id = new UUID(random.nextInt(3), low).toString();
        assertEquals(known.add(id), seen.add(id), "seed " + seed);
      }
    }
  }

  /** One slot for all of them took minutes, a part of it with each event. */
  @Test
  @Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void idsThatWereChosenToMeetInOneSlotDoNot() {
    SeenIds seen = new SeenIds();
    for (long i = 1; i < SeenIds.GENERATION; i++) {
      long low = i * 0x1234_5678_9abcL;
      assertTrue(seen.add(new UUID(Long.rotateLeft(low, 32), low).toString()));
    }
  }
}
