"""A run as a page that people look at.

In: the tables of a run's folder. Out: one page of HTML, in English or Japanese, that needs no script and no network.

``facts`` what the page says, as numbers and names; ``words`` its words in both languages; ``charts`` its pictures;
``parts`` its parts in their order; ``page`` the page. For notebooks: ``plots`` the same charts, by ``altaircharts``
where altair is installed; ``sidebyside`` the records of a person.
"""
