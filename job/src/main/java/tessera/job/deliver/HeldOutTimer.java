package tessera.job.deliver;

import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import tessera.dispatch.DecisionTree;
import tessera.dispatch.Regret;
import tessera.job.deliver.choice.Choice;
import tessera.job.deliver.timing.DeliveryTimer;
import tessera.job.deliver.timing.Schedule;
import tessera.job.deliver.timing.TimedShapes;
import tessera.job.records.RunResult;
import tessera.job.run.TuningRun;
import tessera.operator.Problem;
import tessera.workload.Instance;

/**
 * Times what was selected on instances that nothing was timed on before.
 *
 * @param times of kernels as a bundle has them
 */
record HeldOutTimer(TuningRun run, DeliveryTimer times, TimedShapes shapes, Schedule schedule) {
  /** On as many instances as there is time for. */
  HeldOut time(Selected selected) {
    Choice choice = selected.choice();
    DecisionTree tree = selected.served().dispatch();
    Set<List<Long>> known = new HashSet<>();
    choice.instances().forEach(instance -> known.add(instance.values()));
    // the tree may know them from there
    selected.contestTimes().instances().forEach(instance -> known.add(instance.values()));
    List<Instance> unknown =
        run.workload().instances().stream().filter(i -> !known.contains(i.values())).toList();
    if (unknown.isEmpty()) {
      return HeldOut.none(0);
    }
    List<Instance> held = shapes.heldOut(unknown);
    double[][] seconds = plans(choice, run.workload().problems(held));
    int[] timed =
        IntStream.range(0, held.size())
            .filter(i -> !Double.isNaN(seconds[tree.select(held.get(i).shape())][i]))
            .toArray();
    if (timed.length == 0) {
      return HeldOut.none(held.size());
    }
    List<RunResult.HeldOut> regrets =
        Arrays.stream(timed).mapToObj(i -> heldOut(held.get(i), tree, column(seconds, i))).toList();
    Regret regret =
        Regret.of(
            Arrays.stream(timed).mapToObj(i -> column(seconds, i)).toArray(double[][]::new),
            Arrays.stream(timed).map(i -> tree.select(held.get(i).shape())).toArray(),
            regrets.stream().mapToDouble(RunResult.HeldOut::weight).toArray());
    return new HeldOut(held.size(), timed.length, Optional.of(regret), regrets, Optional.empty());
  }

  private static RunResult.HeldOut heldOut(Instance instance, DecisionTree tree, double[] seconds) {
    double regret = Regret.at(seconds, tree.select(instance.shape()));
    return new RunResult.HeldOut(instance.values(), instance.weight(), regret);
  }

  /** Seconds of [plan][problem]; NaN where one failed or there was no time. */
  private double[][] plans(Choice choice, List<Problem> problems) {
    double[][] alone = times.of(choice.kernels(), problems, DeliveryTimer.Mask.ALL, schedule.end());
    return choice.plans().stream()
        .map(
            plan ->
                plan.combines()
                    ? times.of(
                        Collections.nCopies(problems.size(), plan),
                        choice.kernels(),
                        problems,
                        schedule.end())
                    : alone[plan.main()])
        .toArray(double[][]::new);
  }

  /** Of one shape; what was not timed is no rival. */
  private static double[] column(double[][] seconds, int shape) {
    return Arrays.stream(seconds)
        .mapToDouble(plan -> Double.isNaN(plan[shape]) ? Double.POSITIVE_INFINITY : plan[shape])
        .toArray();
  }
}
