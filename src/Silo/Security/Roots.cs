using Microsoft.Extensions.Options;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Security;

namespace RadioDiffusion.Silo.Security;

/// <summary>Keeps requests to files below the folders of <see cref="SiloSettings.Roots"/>. Links are followed before they are compared.</summary>
internal sealed class Roots(IOptions<SiloSettings> settings)
{
    private readonly string[] _roots = [.. settings.Value.Roots.Select(RealPath)];

    /// <summary>A request over HTTP: without roots, it may name nothing.</summary>
    /// <exception cref="UserErrorException">It names something outside.</exception>
    public TRequest CheckedFromOutside<TRequest>(TRequest request) where TRequest : INamesPaths
    {
        if (_roots.Length == 0)
        {
            throw new UserErrorException(ErrorKind.Invalid, "Roots",
                $"Requests over HTTP may only name files below {SiloConfiguration.Section}:Roots (serve --root FOLDER), and this service has no such setting. 'radiodiffusion dataset build --connect' works without.");
        }
        Check(request);
        return request;
    }

    /// <summary>A request from anywhere: without roots, it may name everything that the silo may read.</summary>
    /// <exception cref="UserErrorException">It names something outside.</exception>
    public void Check(INamesPaths request)
    {
        if (_roots.Length == 0)
            return;
        foreach (string path in request.NamedPaths())
        {
            if (path.Contains('\0') || !IsInside(path))
                throw new UserErrorException(ErrorKind.Invalid, path, $"'{path}' should lie below one of {SiloConfiguration.Section}:Roots of the silo, but it does not.");
        }
    }

    private bool IsInside(string path)
    {
        string real = RealPath(path);
        return _roots.Any(root => real == root || real.StartsWith(Path.EndsInDirectorySeparator(root) ? root : root + Path.DirectorySeparatorChar, StringComparison.Ordinal));
    }

    /// <summary>The path with every link on its way followed; what is not there is taken as it stands.</summary>
    private static string RealPath(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.GetDirectoryName(full) is not { } parent)
            return full;
        string here = Path.Combine(RealPath(parent), Path.GetFileName(full));
        FileSystemInfo entry = Directory.Exists(here) ? new DirectoryInfo(here) : new FileInfo(here);
        return entry.LinkTarget != null && entry.ResolveLinkTarget(returnFinalTarget: true) is { } target ? RealPath(target.FullName) : here;
    }
}

/// <summary>Checks what grain calls name, wherever they come from: clients reach every grain through a gateway.</summary>
internal sealed class RootsFilter(Roots roots) : IIncomingGrainCallFilter
{
    public Task Invoke(IIncomingGrainCallContext context)
    {
        for (int i = 0; i < context.Request.GetArgumentCount(); i++)
        {
            if (context.Request.GetArgument(i) is INamesPaths request)
                roots.Check(request);
        }
        return context.Invoke();
    }
}
