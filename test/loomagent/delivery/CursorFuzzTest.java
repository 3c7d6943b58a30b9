package loomagent.delivery;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32C;
import loomagent.base.Disk;
import loomagent.base.Fuzz;
import loomagent.base.LogLines;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever the file holds: a place in the journal, and at worst an older one. */
@Tag("fuzz")
class CursorFuzzTest {
  private static final long OLDEST = 3;
  private static final long END = 9_000;

  @TempDir Path folder;

  private Path file() {
    return folder.resolve("mis");
  }

  private Cursor open() throws IOException {
    return Cursor.open(file(), Cursor.Start.NEWEST, OLDEST, END, Disk.REAL, new LogLines());
  }

  private static Cursor.Position at(long next, Long... open) {
    return new Cursor.Position(next, List.of(open));
  }

  /** Goes on from whatever there is, and is there again after a restart. */
  private void goOn(Cursor cursor) throws IOException {
    cursor.move(8_000, new long[] {7_000, 7_999}, 2);
    assertEquals(Optional.of(at(8_000, 7_000L, 7_999L)), Cursor.read(file()));
    cursor.move(8_001);
    cursor.close();
    assertEquals(at(8_001), open().start());
  }

  @Test
  void damageLeadsBackToAnOlderPlaceOrToTheOldestEvent() throws IOException {
    Cursor whole = open();
    whole.move(40, new long[] {3, 17, 39}, 3);
    whole.move(1_234, new long[] {1_001}, 1);
    whole.close();
    byte[] bytes = Files.readAllBytes(file());
    Set<Cursor.Position> before = Set.of(at(40, 3L, 17L, 39L), at(1_234, 1_001L), at(OLDEST));
    Fuzz.run(
        100,
        fuzz -> {
          // Spaces are most of it, and no fault.
          byte[] likely =
              fuzz.once(2)
                  ? bytes
                  : new String(bytes, US_ASCII).replaceAll(" +", " ").getBytes(US_ASCII);
          Files.write(file(), fuzz.damaged(likely, bytes));
          Cursor cursor = open();
          assertTrue(before.contains(cursor.start()), () -> cursor.start().toString());
          goOn(cursor);
        });
  }

  @Test
  void whatSomebodyWroteByHandIsAPlaceInTheJournalOrNone() throws IOException {
    Fuzz.run(
        100,
        fuzz -> {
          List<String> numbers = new ArrayList<>();
          for (int i = fuzz.random.nextInt(6); i >= 0; i--) {
            numbers.add(number(fuzz));
          }
          String body = String.join(fuzz.once(20) ? "  " : " ", numbers);
          CRC32C crc = new CRC32C();
          crc.update(body.getBytes(US_ASCII));
          String line = fuzz.input(String.format("%08x %s\n", crc.getValue(), body));
          Files.writeString(file(), line + " ".repeat(2 * Cursor.SLOT - line.length()));
          Cursor cursor = open();
          long place = cursor.start().next();
          assertTrue(place >= 1 && place <= END, () -> cursor.start().toString());
          long before = 0;
          for (long open : cursor.start().open()) {
            assertTrue(before < open && open < place, () -> cursor.start().toString());
            before = open;
          }
          goOn(cursor);
        });
  }

  private static String number(Fuzz fuzz) {
    return switch (fuzz.random.nextInt(8)) {
      case 0 -> fuzz.one("0", "-1", "+1", "", "x", "1e3", "-0");
      case 1 -> fuzz.one("9223372036854775807", "9223372036854775808", "-9223372036854775808");
      case 2 -> Long.toString(END + fuzz.random.nextInt(3) - 1);
      default -> Integer.toString(fuzz.random.nextInt(2_000));
    };
  }

  @Test
  void whereAHandlerWasBornIsAWordOnAPageAndStopsNobody() throws IOException {
    open().close();
    byte[] born = "9000\n".getBytes(US_ASCII);
    Fuzz.run(
        1_000,
        fuzz -> {
          Files.write(folder.resolve("mis.begin"), fuzz.damaged(born));
          assertTrue(open().begin() >= 0);
        });
  }
}
