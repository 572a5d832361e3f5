"""Files: a run's folder, all of it or nothing, and what stands in it.

In: tables and what run.json says. Out: the files of one run, whole for every reader at every moment.

``runfolder`` writing and mending, ``runtables`` reading, ``runjson`` what run.json says, ``tablefiles`` one table as
files, ``changes`` what is other than in the run before, ``parts`` whole tables that are not written, ``export`` writing
them after all, ``ownfiles`` which files are ours to replace, ``listedfiles`` those of a list beside them,
``folderbond`` which registry a folder is of, ``folderlock`` one writer at a time, ``textfile`` one text; ``elsewhere``
databases and addresses.
"""
