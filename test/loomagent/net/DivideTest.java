package loomagent.net;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Of properties that Java reads once for all: what they were before is put back. */
final class DivideTest {
  private static final List<String> NAMES =
      List.of("jdk.httpclient.bufsize", "jdk.httpclient.websocket.intermediateBufferSize");

  private final List<String> before = new ArrayList<>();

  @BeforeEach
  void clear() {
    NAMES.forEach(name -> before.add(System.getProperty(name, "")));
    NAMES.forEach(System::clearProperty);
  }

  @AfterEach
  void putBack() {
    for (int i = 0; i < NAMES.size(); i++) {
      System.clearProperty(NAMES.get(i));
      if (!before.get(i).isEmpty()) {
        System.setProperty(NAMES.get(i), before.get(i));
      }
    }
  }

  @Test
  void oneConnectionReadsMuchAtOnce() {
    Network.divide(1);
    NAMES.forEach(name -> assertEquals("131072", System.getProperty(name)));
  }

  @Test
  void manyShareWhatEightWouldHaveAndEachHasWhatJavaGives() {
    Network.divide(16);
    NAMES.forEach(name -> assertEquals("65536", System.getProperty(name)));
    NAMES.forEach(System::clearProperty);
    Network.divide(500);
    NAMES.forEach(name -> assertEquals("16384", System.getProperty(name)));
  }

  @Test
  void whatSomebodyHasSetStays() {
    NAMES.forEach(name -> System.setProperty(name, "4711"));
    Network.divide(1);
    NAMES.forEach(name -> assertEquals("4711", System.getProperty(name)));
  }
}
