namespace RadioDiffusion.Grains.Workflows;

/// <summary>What studies may do in this silo.</summary>
public sealed class WorkflowOptions
{
    /// <summary>Whether targets of kind exec may start programs. Whoever can reach a silo that may runs programs on its machine.</summary>
    public bool AllowsPrograms { get; set; }
}
