package loomagent.net;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BypassTest {

  @ParameterizedTest
  @CsvSource({
    // a name is itself and all below it, however it is written
    "example.com, example.com, true",
    "example.com, loom.Example.COM., true",
    ".example.com, loom.example.com, true",
    "*.example.com, a.b.example.com, true",
    "*.Example.com, example.com, true",
    "example.com, notexample.com, false",
    "example.com, example.com.evil.test, false",
    "localhost, localhost, true",
    "localhost, 127.0.0.1, false",
    // addresses as they are written in a URL
    "10.0.0.7, 10.0.0.7, true",
    "10.0.0.7, 10.0.0.70, false",
    "10.0.0.0/8, 10.255.1.2, true",
    "10.0.0.0/8, 11.0.0.1, false",
    "10.0.0.0/8, ten.example, false",
    "192.168.4.0/22, 192.168.7.255, true",
    "192.168.4.0/22, 192.168.8.0, false",
    "0.0.0.0/0, 8.8.8.8, true",
    "0.0.0.0/0, [::1], false",
    "::1, [0:0:0:0:0:0:0:1], true",
    "[::1], [::1], true",
    "fd00::/8, [fd12::1], true",
    "fd00::/8, [fe80::1], false",
    // a mask that makes no sense covers one address
    "10.0.0.0/99, 10.0.0.1, false",
    "10.0.0.0/x, 10.0.0.0, true",
    "0.0.7, 10.0.0.7, false",
    "*, anything.example, true",
    "*, 10.0.0.1, true"
  })
  void whoIsNamedIsReachedDirectly(String entry, String host, boolean direct) {
    assertEquals(direct, new Bypass(List.of("other.test", entry)).holds(host));
  }
}
