package loomagent.backfill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LinksTest {
  private static final URI PAGE = URI.create("https://loom.example/api/v1/events?page=1");
  private static final String TWO = "https://loom.example/api/v1/events?page=2";

  private static String next(String... headers) throws Trouble {
    return Links.next(PAGE, List.of(headers)).map(URI::toString).orElse("none");
  }

  @Test
  void theNextPageIsFoundAmongOthers() throws Trouble {
    String last = "<https://loom.example/api/v1/events?page=9,8;7>; rel=\"last\"";
    for (String link :
        List.of(
            "<" + TWO + ">; rel=\"next\"",
            "<" + TWO + ">;rel=next",
            " < " + TWO + " > ; title=\"a, b; rel=\\\"x\\\"\" ; REL = \"start NEXT\" ",
            "<" + TWO + ">; foo; rel=next; bar=1;",
            "<" + TWO + ">; title*=UTF-8'de'n%c3%a4chste; rel=next")) {
      assertEquals(TWO, next(link), link);
      assertEquals(TWO, next(last + ", " + link), link);
      assertEquals(TWO, next(", ," + link + " ," + last + ","), link);
      assertEquals(TWO, next(last, link), link);
    }
  }

  @Test
  void theLastPageHasNone() throws Trouble {
    assertEquals("none", next());
    assertEquals("none", next(""));
    for (String other :
        List.of(
            "rel=prev",
            "rel=\"nextish\"",
            "rel=prev; rel=next",
            "title=next",
            "rel",
            "rel=",
            "rel=next; anchor=\"#x\"")) {
      assertEquals("none", next("<" + TWO + ">; " + other), other);
    }
  }

  @Test
  void aRelativeAddressIsOneOfThePage() throws Trouble {
    assertEquals(TWO, next("<?page=2>;rel=next"));
    assertEquals(TWO, next("<events?page=2>;rel=next"));
    assertEquals(TWO, next("</api/v1/events?page=2>;rel=next"));
    assertEquals(TWO, next("<//loom.example/api/v1/events?page=2>;rel=next"));
    assertEquals("https://loom.example/e?filter[name]=a", next("</e?filter[name]=a>;rel=next"));
    assertEquals("https://LOOM.example:443/x", next("<https://LOOM.example:443/x>;rel=next"));
  }

  @Test
  void anotherServerIsNeverGoneTo() {
    for (String target :
        List.of(
            "https://evil.example/api/v1/events?page=2",
            "//evil.example/api/v1/events?page=2",
            "http://loom.example/api/v1/events?page=2",
            "https://loom.example:8443/api/v1/events?page=2",
            "https://loom.example@evil.example/api",
            "https://user@loom.example/api",
            "https://loom.example.evil.example/api",
            "https://evil_host/api",
            "file:///etc/passwd",
            "mailto:a@b")) {
      Trouble trouble =
          assertThrows(Trouble.class, () -> next("<" + target + ">;rel=next"), target);
      assertTrue(trouble.getMessage().contains("another server"), trouble.getMessage());
    }
  }

  @Test
  void whatCannotBeReadIsNotTakenForTheLastPage() {
    for (String header :
        List.of(
            TWO,
            "<" + TWO,
            "<" + TWO + "> rel=next",
            "<" + TWO + ">; rel=\"next",
            "<a b>;rel=next",
            "<http://[>;rel=next",
            "</" + "x".repeat(5000) + ">;rel=next",
            "x".repeat(40_000))) {
      Trouble trouble = assertThrows(Trouble.class, () -> next(header), header);
      assertTrue(trouble.getMessage().contains("cannot be read"), trouble.getMessage());
    }
  }

  @Test
  void longHeadersTakeNeitherStackNorTime() throws Trouble {
    String text = "\\a".repeat(8000);
    assertEquals(TWO, next("<" + TWO + ">; title=\"" + text + "\"; rel=next"));
    assertThrows(Trouble.class, () -> next("<" + TWO + ">; title=\"" + text));
    assertEquals("none", next("<x>;".repeat(1) + ";".repeat(30_000)));
    assertEquals("none", next("<x>,".repeat(8_000)));
    assertEquals(Optional.empty(), Links.next(PAGE, List.of(" ,".repeat(16_000))));
  }
}
