"""Files: a run's folder, all of it or nothing, and what stands in it.

In: tables and what run.json says. Out: the files of one run, whole for every reader at every moment.

``tables`` tables as files, ``runfolder`` writing and mending a run's folder, ``runtables`` reading it, ``runjson`` what
run.json says, ``export`` writing after all what a run left out, ``ownfiles`` which files are ours to replace,
``listedfiles`` those of a list beside them, ``folderbond`` which registry a folder is of, ``folderlock`` one writer at
a time, ``textfile`` one text; ``elsewhere`` databases and addresses.
"""
