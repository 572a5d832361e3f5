"""Files: a run's folder, all of it or nothing, and what stands in it.

In: tables and what run.json says. Out: the files of one run, whole for every reader at every moment.

``runfolder`` writing and mending, ``runtables`` reading, ``runjson`` what run.json says, ``tablefiles`` one table as
files, ``folderlock`` one writer at a time, ``textfile`` one text.
"""
