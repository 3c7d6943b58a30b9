package loomagent.json;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Eight bytes at a time find what one at a time would. */
class BytesTest {
  private static final byte WANTED = '\n';

  /** The bytes that differ from the wanted one in one bit, and others. */
  private static byte other(Random random) {
    byte other = (byte) (random.nextBoolean() ? WANTED ^ 1 << random.nextInt(8) : random.nextInt());
    return other == WANTED ? 0 : other;
  }

  @Test
  void theFirstOneIsFoundWhereverItLies() {
    Random random = new Random(1);
    for (int length = 0; length < 40; length++) {
      for (int from = 0; from <= length; from++) {
        for (int at = from; at <= length; at++) {
          byte[] bytes = new byte[length];
          for (int i = 0; i < length; i++) {
            bytes[i] =
                i < from || i == at || i > at && random.nextInt(3) == 0 ? WANTED : other(random);
          }
          String what = Arrays.toString(bytes);
          assertEquals(at, Bytes.find(WANTED, bytes, from, length), what);
          assertEquals(at, Bytes.find(WANTED, bytes, from, at), what);
        }
      }
    }
  }

  @Test
  void eachInTheRangeIsReplacedAndNoOther() {
    byte[] bytes = "\n\n\n34567\n9\n\n".getBytes(US_ASCII);
    byte[] expected = "\n;;34567;9;\n".getBytes(US_ASCII);
    Bytes.replace(WANTED, (byte) ';', bytes, 1, 11);
    assertArrayEquals(expected, bytes);
  }
}
