package loomagent.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import loomagent.Event;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lines of any length, whole and damaged, through a buffer that holds a few. */
class LinesTest {
  private static final int BUFFER = 128 << 10;

  @TempDir Path temp;

  private final ByteArrayOutputStream content = new ByteArrayOutputStream();
  private final List<String> expected = new ArrayList<>(); // what, where from, where to

  private void expect(String what, int length) {
    expected.add(what + " " + content.size() + " " + (content.size() + length));
  }

  private void whole(long sequence, int text) {
    byte[] json = Scene.json("1", "x".repeat(text)).getBytes(UTF_8);
    Batch batch = new Batch();
    batch.add(
        new Entry(sequence, 0, Event.of("1", "", "", "c")), new byte[] {'c'}, json, 0, json.length);
    expect(Long.toString(sequence), batch.length());
    content.write(batch.bytes(), 0, batch.length());
  }

  private void damaged(String why, int length, String end) {
    expect(why, length + end.length());
    content.writeBytes("x".repeat(length).getBytes(UTF_8));
    content.writeBytes(end.getBytes(UTF_8));
  }

  private Path file() throws IOException {
    return Files.write(temp.resolve("lines"), content.toByteArray());
  }

  private static List<String> read(Lines lines, long end) throws IOException {
    List<String> read = new ArrayList<>();
    while (lines.next(end)) {
      String what = lines.isDamaged() ? lines.damage().reason() : "" + lines.line().sequence();
      read.add(what + " " + lines.offset() + " " + lines.end());
      if (!lines.isDamaged()) {
        assertEquals(lines.line().sequence(), lines.entry().orElseThrow().sequence());
      }
    }
    return read;
  }

  @Test
  void eachLineIsFoundWhereItIsHoweverLongItIs() throws IOException {
    for (int i = 1; i < 300; i++) {
      whole(i, 10 * i); // so that some lie across the buffer's end
    }
    whole(300, 3 * BUFFER);
    damaged("its checksum does not match", 3 * BUFFER, "\n");
    damaged("it is longer than any record", 3 * Line.LONGEST, "\n");
    damaged("its checksum does not match", 0, "\n");
    whole(301, 2);
    damaged("the file ends in it", 3 * Line.LONGEST, "");
    try (Lines lines = new Lines(file())) {
      assertEquals(expected, read(lines, Long.MAX_VALUE));
      assertTrue(lines.isCutOff());
    }
  }

  @Test
  void nothingIsReadBeyondTheEndOrFromTheSequenceOnThatAnotherFileHas() throws IOException {
    whole(1, 9);
    whole(2, 9);
    int end = content.size();
    whole(3, 9);
    whole(4, 9);
    try (Lines lines = new Lines(file())) {
      assertEquals(expected.subList(0, 2), read(lines, end));
      assertEquals(expected.subList(2, 4), read(lines, content.size()));
    }
    try (Lines lines = new Lines(file(), 3)) {
      assertEquals(expected.subList(0, 2), read(lines, Long.MAX_VALUE));
    }
  }

  @Test
  void aClosedFileIsNotRead() throws IOException {
    whole(1, 9);
    Lines lines = new Lines(file());
    lines.close();
    assertThrows(IOException.class, () -> lines.next(Long.MAX_VALUE));
    assertFalse(lines.isDamaged());
  }
}
