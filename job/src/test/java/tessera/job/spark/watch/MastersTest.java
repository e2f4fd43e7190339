package tessera.job.spark.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.fail;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tessera.UserError;

final class MastersTest {
  @ParameterizedTest
  @ValueSource(strings = {"spark:/host:7077", "host:7077", "locl", "local[2", ""})
  void await_ofAMasterOfNoForm_isAMistakeThatNamesTheForms(String master) {
    UserError error =
        assertThrows(
            UserError.class,
            () -> Masters.await(master, Duration.ofSeconds(1), said -> fail(said)));
    assertEquals(
        "the master '"
            + master
            + "' is none that Spark knows; give local[N], spark://HOST:PORT, yarn or"
            + " k8s://HOST:PORT",
        error.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"spark://host", "spark://:7077", "spark://host:", "spark://a:7077,b"})
  void await_ofAMasterWithoutAnAddress_isAMistake(String master) {
    UserError error =
        assertThrows(
            UserError.class,
            () -> Masters.await(master, Duration.ofSeconds(1), said -> fail(said)));
    assertEquals(
        "the master '" + master + "' lacks a host or a port; give it as spark://HOST:7077",
        error.getMessage());
  }

  @Test
  void await_ofOtherMasters_waitsForNothing() {
    for (String master :
        new String[] {
          "local", "local[*]", "local[2,3]", "local-cluster[2,1,1024]", "yarn", "k8s://https://h:1"
        }) {
      Masters.await(master, Duration.ofSeconds(1), said -> fail(said));
    }
  }
}
