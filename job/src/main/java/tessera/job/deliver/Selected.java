package tessera.job.deliver;

import tessera.job.deliver.choice.Choice;
import tessera.job.deliver.choice.ContestTimes;

/** What is worth delivering of a contest. */
record Selected(Choice choice, ContestTimes contestTimes, Served served) {}
