"""An experiment as a class, whose finished steps are not repeated when a run fails half-way.

One of the three runs fails on purpose; continued, it goes on from its last checkpoint:

    python examples/02_class_checkpoints.py
    python examples/02_class_checkpoints.py --continue
"""

from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

from pyexp import Experiment, ExperimentRunner, chkpt


class Forest(Experiment):
    # What is set on self is the result of the run; naming it here helps readers and editors.
    model: RandomForestClassifier
    accuracy: float

    def experiment(self):
        self.train()
        self.evaluate()

    @chkpt
    def train(self):
        """The long step: saved with all attributes once it returns, and skipped from then on."""
        print("training")
        x, y, _, _ = self.data()
        self.model = RandomForestClassifier(self.cfg.trees, random_state=0).fit(x, y)

    @chkpt(retry=2)
    def evaluate(self):
        """A step that may fail: tried twice before the run gives up."""
        print("evaluating")
        self.need_licence()
        _, _, x, y = self.data()
        self.accuracy = self.model.score(x, y)

    def data(self):
        images, labels = load_digits(return_X_y=True)
        train_x, test_x, train_y, test_y = train_test_split(images, labels, random_state=0)
        return train_x, train_y, test_x, test_y

    def need_licence(self):
        """Stand-in for what goes wrong in real life: no licence for the medium forest, the first two times it asks."""
        asked = self.out / "asked.txt"  # self.out is this run's own folder; it stays between attempts
        with asked.open("a+") as file:
            file.write("asked\n")
        if self.name == "medium" and len(asked.read_text().split()) <= 2:
            raise ConnectionError("the licence server does not answer")

    @staticmethod
    def configs():
        return [
            {"name": "small", "trees": 5},
            {"name": "medium", "trees": 25},
            {"name": "large", "trees": 100},
        ]

    @staticmethod
    def report(results):
        # Each item is an instance of the class, with the attributes that its run set.
        for forest in results:
            if forest.error:
                print(f"{forest.name:<8} failed: {forest.error.splitlines()[0]}")
            else:
                print(f"{forest.name:<8} {forest.accuracy:.1%} with {forest.cfg.trees} trees")


if __name__ == "__main__":
    ExperimentRunner(Forest, name="forest").run()
