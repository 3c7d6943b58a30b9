package loomagent.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import org.junit.jupiter.api.Test;

class JsonNumberTest {
  @Test
  void integersAreLongWhereTheyFitAndExactWhereNot() {
    assertEquals(Long.MAX_VALUE, Json.parse("9223372036854775807"));
    assertEquals(Long.MIN_VALUE, Json.parse("-9223372036854775808"));
    assertEquals(new BigInteger("9223372036854775808"), Json.parse("9223372036854775808"));
    assertEquals(new BigInteger("-9223372036854775809"), Json.parse("-9223372036854775809"));
    assertEquals(999_999_999_999_999_999L, Json.parse("999999999999999999"));
    assertEquals(-1_000_000_000_000_000_000L, Json.parse("-1000000000000000000"));
    String long1000 = "7".repeat(1000);
    assertEquals(new BigInteger(long1000), Json.parse(long1000));
  }

  @Test
  void otherNumbersAreDecimalsWithTheDigitsAsWritten() {
    List<String> numbers =
        List.of(
            "0.1",
            "-0.1",
            "1.0",
            "1.10",
            "-1.5",
            "0e1",
            "0e+1",
            "1e0",
            "1E22",
            "1E-2",
            "1E+2",
            "20e1",
            "123e65",
            "123.456e78",
            "123456789.123456789",
            "1234567890.1234567891",
            "0.3e-7",
            "1e0000000000000000000007",
            "0.000000000000000000000001",
            "-0.000000000000000000000000000000000000000000000000000000000000000000000000000001",
            "1e1000",
            "1e-1000",
            "1.5e-999",
            "3.141592653589793238462643383279502884197169399375105820974944592307816406286",
            "-12345678901234567890.5E-30");
    for (String number : numbers) {
      assertEquals(new BigDecimal(number), Json.parse(number), number);
      assertEquals(List.of(new BigDecimal(number)), Json.parse("[" + number + "]"), number);
    }
  }

  @Test
  void aZeroLosesItsSignAndNothingElse() {
    assertEquals(0L, Json.parse("-0"));
    assertEquals(new BigDecimal("0.00"), Json.parse("-0.00"));
  }

  @Test
  void numbersBeyondTheirBoundsAreRefusedAndThoseUpToThemAreNot() {
    String digits = "9".repeat(Json.MAX_DIGITS);
    assertEquals(new BigDecimal("0." + digits), Json.parse("0." + digits));
    assertEquals(new BigDecimal("1." + "0".repeat(999)), Json.parse("1." + "0".repeat(999)));
    assertEquals(new BigDecimal("1e-1000"), Json.parse("0." + "0".repeat(999) + "1"));
    assertEquals(new BigDecimal(digits + "e1000"), Json.parse(digits + "e1000"));
    List<String> refused =
        List.of(
            digits + "9",
            "-" + digits + "9",
            "1." + digits,
            "1e1001",
            "1e-1001",
            "0e1001",
            "1.5e-1000",
            "1e2147483648",
            "1e-2147483649",
            "1e99999999999999999999999999",
            "0." + "0".repeat(1000) + "1",
            "1e18446744073709551617");
    for (String number : refused) {
      assertThrows(JsonException.class, () -> Json.parse(number), number);
    }
  }

  @Test
  void zerosInFrontAreNoDigits() {
    String digits = "9".repeat(Json.MAX_DIGITS);
    for (String front : List.of("0.", "0.0", "-0.00")) {
      String number = front + digits + "e10";
      assertEquals(new BigDecimal(number), Json.parse(number), front);
      assertThrows(JsonException.class, () -> Json.parse(front + digits + "9e10"), front);
    }
  }
}
