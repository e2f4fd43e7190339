package tessera.job.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.dsl.HttpMethod;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.SecurityManager;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkSubmit;
import org.apache.spark.deploy.k8s.KubernetesConf;
import org.apache.spark.deploy.k8s.KubernetesUtils;
import org.apache.spark.deploy.k8s.SparkPod;
import org.apache.spark.internal.config.package$;
import org.apache.spark.resource.ResourceProfile$;
import org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBuilder;
import org.apache.spark.util.Utils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The files for Kubernetes, as Spark's own module reads them, and a submission of them to a server
 * that stores what it is sent.
 */
final class KubernetesTest {
  private static final Path HOME = Path.of("..").toAbsolutePath().normalize();
  private static final String SETTINGS = HOME.resolve("conf/spark-kubernetes.conf").toString();
  private static final String JAR = "local:///opt/tessera/lib/tessera-job.jar";

  /** Creates what is applied, which the mock server knows of existing things only. */
  private static final class Applying extends KubernetesCrudDispatcher {
    @Override
    public MockResponse handlePatch(RecordedRequest request) {
      String collection = request.getPath().replaceAll("/[^/]*[?].*", "");
      return handleCreate(
          new RecordedRequest(
              request.getHttpVersion(),
              HttpMethod.POST,
              collection,
              request.getHeaders(),
              request.getBody()));
    }
  }

  private KubernetesMockServer server;
  private KubernetesClient client;

  @BeforeEach
  void start() {
    server =
        new KubernetesMockServer(
            new Context(), new MockWebServer(), new HashMap<>(), new Applying(), false);
    server.init();
    client = server.createClient();
  }

  @AfterEach
  void stop() {
    client.close();
    server.destroy();
  }

  /** The settings, with the paths of files taken from this repository's folder. */
  private static SparkConf settings() {
    SparkConf conf = new SparkConf(false);
    CollectionConverters.asJava(Utils.getPropertiesFromFile(SETTINGS))
        .forEach((key, value) -> conf.set(key, absolute(value)));
    return conf;
  }

  private static String absolute(String value) {
    return value.startsWith("conf/") ? HOME.resolve(value).toString() : value;
  }

  @Test
  void templates_areReadBySparksModule() {
    SparkConf conf = settings();
    for (String role : List.of("driver", "executor")) {
      String prefix = "spark.kubernetes." + role + ".podTemplate";
      SparkPod pod =
          KubernetesUtils.loadPodFromTemplate(
              client,
              conf.get(prefix + "File"),
              Option.apply(conf.get(prefix + "ContainerName")),
              conf);
      Map<String, Quantity> limits =
          Stream.ofNullable(pod.container().getResources())
              .flatMap(resources -> Stream.ofNullable(resources.getLimits()))
              .findFirst()
              .orElse(Map.of());
      assertEquals("tessera", pod.container().getName());
      assertEquals(
          role.equals("driver") ? Map.of() : Map.of("nvidia.com/gpu", new Quantity("1")), limits);
    }
  }

  @Test
  void executor_hasOneGpuItsCoresAndAPlaceForCompiledKernels() {
    SparkConf conf =
        settings()
            .set("spark.driver.host", "driver")
            .set("spark.driver.port", "7078")
            .set("spark.app.name", "tessera")
            .set("spark.app.id", "spark-1");
    Pod driver = client.pods().inNamespace("tessera").resource(driverPod()).create();
    SparkPod executor =
        new KubernetesExecutorBuilder()
            .buildFromFeatures(
                KubernetesConf.createExecutorConf(conf, "1", "spark-1", Option.apply(driver), 0),
                new SecurityManager(
                    conf, Option.empty(), package$.MODULE$.AUTH_SECRET_FILE_EXECUTOR()),
                client,
                ResourceProfile$.MODULE$.getOrCreateDefaultProfile(conf))
            .pod();
    Map<String, Quantity> limits = executor.container().getResources().getLimits();
    assertEquals(new Quantity("1"), limits.get("nvidia.com/gpu"));
    assertEquals(new Quantity("16"), executor.container().getResources().getRequests().get("cpu"));
    assertEquals("tessera:latest", executor.container().getImage());
    assertTrue(
        executor.container().getVolumeMounts().stream()
            .anyMatch(mount -> mount.getMountPath().equals("/var/cache/tessera")),
        executor.container().toString());
    assertEquals("nvidia.com/gpu", executor.pod().getSpec().getTolerations().get(0).getKey());
  }

  private static Pod driverPod() {
    return new PodBuilder().withNewMetadata().withName("driver").endMetadata().build();
  }

  @Test
  void submission_makesTheDriversPod() throws IOException {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    List<String> words = new ArrayList<>();
    words.addAll(List.of("--master", "k8s://" + server.url("/"), "--deploy-mode", "cluster"));
    words.addAll(List.of("--properties-file", SETTINGS, "--class", "tessera.job.Tessera"));
    for (String role : List.of("driver", "executor")) {
      String file = "spark.kubernetes." + role + ".podTemplateFile";
      words.addAll(List.of("--conf", file + "=" + settings().get(file)));
    }
    words.addAll(List.of("--conf", "spark.kubernetes.submission.waitAppCompletion=false"));
    words.addAll(
        List.of("--name", "tessera", JAR, "tune", "/opt/tessera/conf/workloads/bert-dense.yaml"));
    words.addAll(List.of("--out", "s3a://bucket/out"));
    try {
      new SparkSubmit().doSubmit(words.toArray(String[]::new));
    } finally {
      Thread.currentThread().setContextClassLoader(loader);
    }
    Pod driver = client.pods().inNamespace("tessera").list().getItems().get(0);
    Container container = driver.getSpec().getContainers().get(0);
    assertEquals("tessera", driver.getSpec().getServiceAccountName());
    assertEquals("tessera:latest", container.getImage());
    assertEquals(
        List.of(
            JAR,
            "tune",
            "/opt/tessera/conf/workloads/bert-dense.yaml",
            "--out",
            "s3a://bucket/out"),
        container.getArgs().subList(container.getArgs().size() - 5, container.getArgs().size()));
    assertEquals(
        Files.readString(HOME.resolve("conf/kubernetes/executor.yaml")).strip(),
        client.configMaps().inNamespace("tessera").list().getItems().stream()
            .flatMap(map -> map.getData().values().stream())
            .filter(text -> text.contains("nvidia.com/gpu: 1"))
            .findFirst()
            .orElse("")
            .strip());
  }

  /** The image has what the settings and the documents name. */
  @Test
  void image_hasWhatTheSettingsName() throws IOException {
    String image = Files.readString(HOME.resolve("conf/kubernetes/Dockerfile"));
    String script = settings().get("spark.executor.resource.gpu.discoveryScript");
    assertTrue(image.contains("COPY scripts/discover-gpus " + Path.of(script).getParent() + "/\n"));
    assertTrue(
        image.contains("COPY job/target/tessera-job.jar " + Path.of(JAR.substring(8)).getParent()));
    assertTrue(image.contains("USER spark\n"));
  }
}
