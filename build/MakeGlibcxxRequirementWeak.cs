using System;
using System.IO;
using System.Linq;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>Marks the version requirement GLIBCXX_3.4.32 of an ELF64 library as weak, where the host's libstdc++ lacks it.</summary>
/// <remarks>
/// ELF gABI, symbol versioning: section type SHT_GNU_verneed (0x6ffffffe) holds Elf64_Verneed records (16 bytes: version,
/// count, file, aux, next), each with a chain of Elf64_Vernaux (16 bytes: hash, flags, other, name, next).
/// </remarks>
public class MakeGlibcxxRequirementWeak : Task
{
    private const string Version = "GLIBCXX_3.4.32";
    private const uint SectionTypeVersionNeeds = 0x6ffffffe;
    private const byte Weak = 0x2;

    [Required]
    public string Library { get; set; }

    public override bool Execute()
    {
        string host = HostLibrary();
        if (host == null || Contains(File.ReadAllBytes(host), Version))
            return true;
        byte[] elf = File.ReadAllBytes(Library);
        if (!MarkWeak(elf))
            return true;
        DateTime written = File.GetLastWriteTimeUtc(Library);
        string temporary = Library + ".tmp";
        File.WriteAllBytes(temporary, elf);                  // a new file: the old one may be a link into the package cache
        File.SetLastWriteTimeUtc(temporary, written);        // so that the next build does not copy it again
        File.Delete(Library);
        File.Move(temporary, Library);
        Log.LogMessage(MessageImportance.High,
            "libLibTorchSharp.so: requirement " + Version + " made weak, because " + host + " does not have it.");
        return true;
    }

    private static string HostLibrary()
    {
        string[] folders = { "/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/lib64", "/usr/lib" };
        return folders.Select(folder => Path.Combine(folder, "libstdc++.so.6")).FirstOrDefault(File.Exists);
    }

    private static bool MarkWeak(byte[] elf)
    {
        if (elf.Length < 64 || elf[0] != 0x7f || elf[1] != 'E' || elf[4] != 2)
            return false;
        long sections = BitConverter.ToInt64(elf, 0x28);
        int sectionSize = BitConverter.ToUInt16(elf, 0x3a), sectionCount = BitConverter.ToUInt16(elf, 0x3c);
        bool changed = false;
        for (int i = 0; i < sectionCount; i++)
        {
            int section = checked((int)(sections + (long)i * sectionSize));
            if (BitConverter.ToUInt32(elf, section + 4) != SectionTypeVersionNeeds)
                continue;
            int linked = checked((int)(sections + (long)BitConverter.ToInt32(elf, section + 40) * sectionSize));
            int names = checked((int)BitConverter.ToInt64(elf, linked + 24));
            int need = checked((int)BitConverter.ToInt64(elf, section + 24));
            for (int next = -1; next != 0; need += next)
            {
                next = BitConverter.ToInt32(elf, need + 12);
                int entry = need + BitConverter.ToInt32(elf, need + 8);
                for (int following = -1; following != 0; entry += following)
                {
                    following = BitConverter.ToInt32(elf, entry + 12);
                    if (NameAt(elf, names + BitConverter.ToInt32(elf, entry + 8)) == Version && (elf[entry + 4] & Weak) == 0)
                    {
                        elf[entry + 4] |= Weak;
                        changed = true;
                    }
                }
            }
        }
        return changed;
    }

    private static string NameAt(byte[] elf, int offset)
    {
        int end = Array.IndexOf(elf, (byte)0, offset);
        return Encoding.ASCII.GetString(elf, offset, end - offset);
    }

    private static bool Contains(byte[] bytes, string text)
    {
        return Encoding.GetEncoding("iso-8859-1").GetString(bytes).IndexOf(text + "\0", StringComparison.Ordinal) >= 0;
    }
}
