select
    {# Made of the two keys alone, so that a pair keeps its id from night to night. #}
    substring(md5(concat(person_key, ' ', other_key)), 1, 16) as review_id,
    person_key,
    other_key,
    weight,
    evidence,
    reason
from {{ ref('stg_person_review') }}
