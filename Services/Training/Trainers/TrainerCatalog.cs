using CloudNativeAi.Training.Trainers.Dense;
using CloudNativeAi.Training.Trainers.LightGbm;

namespace CloudNativeAi.Training.Trainers;

internal static class TrainerCatalog
{
    private static readonly Trainer[] Trainers = [new LightGbmTrainer(), new LogisticRegressionTrainer(), new PerceptronTrainer()];

    public static IEnumerable<string> Names => Trainers.Select(trainer => trainer.Name);

    /// <summary>What every other model is measured against.</summary>
    public static Trainer Baseline => Trainers[1];

    /// <summary>An empty name is the default, LightGBM; null for an unknown one.</summary>
    public static Trainer? Find(string name) => name.Length == 0 ? Trainers[0] : Array.Find(Trainers, trainer => trainer.Name == name);
}
