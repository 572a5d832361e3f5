select oneid, count(*) as records, count(distinct source) as sources
from {{ ref('merge_map') }}
group by oneid
